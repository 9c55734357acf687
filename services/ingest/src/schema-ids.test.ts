import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/service'
import { eventually } from '../../../test/support/eventually.ts'
import { registerSchemas } from './schema-ids.ts'

const RETRY = { baseMs: 1, maxMs: 2 }
const tracked = { subject: 't-value', schema: '{}' }
const rejected = { subject: 'r-value', schema: '{}' }

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
  await using schemas = registerSchemas({ register, tracked, rejected, log, retryMs: RETRY })
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
  const schemas = registerSchemas({ register, tracked, rejected, log, retryMs: RETRY })
  await eventually(() => assert.ok(count > 0))
  await schemas[Symbol.asyncDispose]()
  const after = count
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(count, after)
})
