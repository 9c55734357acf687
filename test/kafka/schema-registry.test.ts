import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { eventAvroSchema } from '@custom-events/codec'
import { createSchemaRegistry } from '@custom-events/kafka'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let shared: Servers
before(async () => {
  shared = await servers()
})
after(() => shared[Symbol.asyncDispose]())

const ownSubject = (): string => `${randomUUID()}-value`
const url = (): string => shared.environment.SCHEMA_REGISTRY_URL
const register = (subject: string, schema: string): Promise<number> =>
  createSchemaRegistry({ url: url() }).register(subject, schema)

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${url()}${path}`, {
    method,
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return await answer.json()
}

const rule = (subject: string): Promise<unknown> => call('GET', `/config/${subject}`)

test('a subject is registered by many at once, and has its rule', async () => {
  for (let round = 0; round < 10; round++) {
    const subject = ownSubject()
    const ids = await Promise.all(
      Array.from({ length: 4 }, () => register(subject, eventAvroSchema)),
    )
    assert.equal(new Set(ids).size, 1)
    assert.deepEqual(await rule(subject), { compatibilityLevel: 'BACKWARD_TRANSITIVE' })
  }
})

test('a subject that was left without its rule gets it', async () => {
  const subject = ownSubject()
  await call('POST', `/subjects/${subject}/versions`, { schema: eventAvroSchema })
  assert.deepEqual(await rule(subject), { compatibilityLevel: 'NONE' })
  await register(subject, eventAvroSchema)
  assert.deepEqual(await rule(subject), { compatibilityLevel: 'BACKWARD_TRANSITIVE' })
})

test("a rule of somebody's own is left alone, and the difference is named", async () => {
  const subject = ownSubject()
  await register(subject, eventAvroSchema)
  await call('PUT', `/config/${subject}`, { compatibility: 'FULL' })
  await assert.rejects(register(subject, eventAvroSchema), {
    failure: 'refused',
    message: /BACKWARD_TRANSITIVE != FULL/,
    remedy: /PUT \/config\/<subject> with .*BACKWARD_TRANSITIVE/,
  })
  assert.deepEqual(await rule(subject), { compatibilityLevel: 'FULL' })
})

test('a schema that old records cannot be read with is refused', async () => {
  const subject = ownSubject()
  const schema = (type: string) =>
    JSON.stringify({ type: 'record', name: 'r', fields: [{ name: 'a', type }] })
  await register(subject, schema('long'))
  await assert.rejects(register(subject, schema('boolean')), {
    failure: 'refused',
    remedy: /a schema that ours does not follow/,
  })
})
