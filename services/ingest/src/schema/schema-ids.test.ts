import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../../../../test/support/eventually.ts'
import { SchemaRegistryError } from '@custom-events/kafka'
import { registerSchemas } from './schema-ids.ts'

const RETRY = { baseMs: 1, maxMs: 2 }
const TRACKED = '"string"'
const REJECTED = '"long"'
const tracked = { subject: 't-value', schema: TRACKED }
const rejected = { subject: 'r-value', schema: REJECTED }
const schemaOf = async (id: number) => (id === 1 ? TRACKED : REJECTED)

function capture() {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  return { lines, log: createLogger({ service: 'test', level: 'info' }, { write }) }
}

test('a registry that comes later is asked until it answers; the ids are then kept', async () => {
  const { lines, log } = capture()
  let isAway = true
  const asked: string[] = []
  const register = async (subject: string) => {
    asked.push(subject)
    if (isAway) throw new Error('the registry is away')
    return subject === 't-value' ? 1 : 2
  }
  await using schemas = registerSchemas({
    registry: { register, schema: schemaOf },
    tracked,
    rejected,
    log,
    retryMs: RETRY,
  })
  await eventually(() => assert.ok(asked.length > 3))
  assert.deepEqual([schemas.trackedId, schemas.rejectedId], [null, null])
  assert.match(schemas.notReadyReason ?? '', /the registry is away/)
  isAway = false
  await eventually(() => assert.equal(schemas.notReadyReason, null))
  assert.deepEqual([schemas.trackedId, schemas.rejectedId], [1, 2])
  assert.equal(
    lines.filter((line) => line.includes('retrying')).length,
    1,
    'the outage is told once',
  )
})

test('closing while the registry is away ends the asking', async () => {
  const { log } = capture()
  let count = 0
  const register = async () => {
    count += 1
    throw new Error('away')
  }
  const schemas = registerSchemas({
    registry: { register, schema: schemaOf },
    tracked,
    rejected,
    log,
    retryMs: RETRY,
  })
  await eventually(() => assert.ok(count > 0))
  await schemas[Symbol.asyncDispose]()
  const after = count
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(count, after)
})

/** A registry in memory that can be restored from another day. */
function createRegistry() {
  const schemas = new Map<number, string>()
  let nextId = 1
  const registry = {
    schemas,
    isAway: false,
    registrations: 0,
    register: async (_subject: string, text: string) => {
      if (registry.isAway) throw new SchemaRegistryError('unavailable', 'away', null)
      registry.registrations += 1
      schemas.set(nextId, text)
      return nextId++
    },
    schema: async (id: number) => {
      if (registry.isAway) throw new SchemaRegistryError('unavailable', 'away', null)
      const found = schemas.get(id)
      if (found === undefined) throw new SchemaRegistryError('unknown', 'no such schema', null)
      return found
    },
  }
  return registry
}

async function open(resources: AsyncDisposableStack) {
  const registry = createRegistry()
  const { lines, log } = capture()
  const schemas = resources.use(
    registerSchemas({ registry, tracked, rejected, log, retryMs: RETRY, lookEveryMs: 5 }),
  )
  await eventually(() => assert.equal(schemas.notReadyReason, null))
  return { registry, schemas, lines }
}

test('an id that the registry no longer knows is not written with: another is, and it is told', async () => {
  await using resources = new AsyncDisposableStack()
  const { registry, schemas, lines } = await open(resources)
  assert.deepEqual([schemas.trackedId, schemas.rejectedId], [1, 2])
  registry.schemas.clear()
  await eventually(() => assert.deepEqual([schemas.trackedId, schemas.rejectedId], [3, 4]))
  await eventually(() => assert.equal(schemas.notReadyReason, null))
  assert.ok(lines.some((line) => line.includes('knows no schema 1 of t-value')))
})

test('an id under which the registry now has another schema is not written with', async () => {
  await using resources = new AsyncDisposableStack()
  const { registry, schemas } = await open(resources)
  registry.schemas.set(1, '"bytes"')
  await eventually(() => assert.equal(schemas.trackedId, 3))
  assert.equal(schemas.rejectedId, 2, 'the other is as it was')
})

test('while the registry is away its ids are as good as before', async () => {
  await using resources = new AsyncDisposableStack()
  const { registry, schemas } = await open(resources)
  registry.isAway = true
  await new Promise((resolve) => setTimeout(resolve, 40))
  assert.deepEqual([schemas.trackedId, schemas.notReadyReason], [1, null])
  registry.isAway = false
  await new Promise((resolve) => setTimeout(resolve, 40))
  assert.deepEqual([schemas.trackedId, registry.registrations], [1, 2])
})
