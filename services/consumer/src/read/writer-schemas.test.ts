import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTranscoder, eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import { SchemaRegistryError, type FetchedRecord } from '@custom-events/kafka'
import { createWriterSchemas, schemaIdOf, type SchemaMove } from './writer-schemas.ts'

const MINUTE_MS = 60_000
const otherTeams = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'string' }],
})
/** The same record with one field more: also ours. */
const evolved = JSON.stringify({
  ...(JSON.parse(eventAvroSchema) as object),
  fields: [
    ...(JSON.parse(eventAvroSchema) as { fields: object[] }).fields,
    { name: 'later', type: ['null', 'string'], default: null },
  ],
})

function recordOf(schemaId: number): FetchedRecord {
  const value = Buffer.alloc(9)
  value.writeUInt32BE(schemaId, 1)
  return { partition: 0, offset: 0, timestampMs: 0, key: null, value, headers: {} }
}

/** A registry as it is at the moment, and what is known of it. */
function createKnowing() {
  const registry = new Map<number, string | SchemaRegistryError>()
  const moves: (readonly [number, SchemaMove])[] = []
  const asked: number[] = []
  let nowMs = 0
  const transcoder = createTranscoder({ readerSchema: eventAvroSchema, timeColumn: 'received_at' })
  const schemas = createWriterSchemas({
    transcoder,
    now: () => nowMs,
    onMoved: (...move) => void moves.push(move),
    registry: {
      schema: async (id) => {
        asked.push(id)
        const schema = registry.get(id)
        if (typeof schema === 'string') return schema
        throw schema ?? new SchemaRegistryError('unknown', `no ${id}`, null)
      },
    },
  })
  return {
    registry,
    moves,
    asked,
    schemas,
    pass: (ms: number) => (nowMs += ms),
    /** What would be said of a record of this schema that has nothing in it. */
    verdict: (id: number) => transcoder.transcode([recordOf(id)], 1).undecodable[0]?.reason,
  }
}

test('what the registry has and we cannot read is unsupported, whatever it is', async () => {
  const knowing = createKnowing()
  const { registry, schemas } = knowing
  registry.set(1, new SchemaRegistryError('unsupported', 'it is JSON', null))
  registry.set(2, 'no JSON at all')
  registry.set(3, '"string"')
  registry.set(4, otherTeams)
  registry.set(5, rejectedAvroSchema)
  registry.set(6, eventAvroSchema)
  registry.set(7, eventAvroSchema.replace('"TrackedEvent"', '"Activity"'))
  await schemas.prepare([1, 2, 3, 4, 5, 6, 7, 8].map(recordOf))
  for (const id of [1, 2, 3, 4, 5, 7])
    assert.equal(knowing.verdict(id), 'unsupported_schema', `${id}`)
  assert.equal(knowing.verdict(6), 'malformed_datum', 'ours is read')
  assert.equal(knowing.verdict(8), 'unknown_schema')
})

test('only a definite answer is learnt', async () => {
  for (const failure of ['unavailable', 'denied'] as const) {
    const { registry, schemas, verdict } = createKnowing()
    registry.set(1, new SchemaRegistryError(failure, 'no', null))
    await assert.rejects(schemas.prepare([recordOf(1)]), { failure })
    assert.equal(verdict(1), 'unknown_schema')
  }
})

test('an id that the restored registry gives to us after another team had it is read at once', async () => {
  const knowing = createKnowing()
  const { registry, schemas, moves, pass } = knowing
  registry.set(1, rejectedAvroSchema)
  await schemas.prepare([recordOf(1)])
  registry.set(1, eventAvroSchema)
  assert.equal(await schemas.recheck([recordOf(1)]), false, 'asked a moment ago')
  pass(1_000)
  assert.equal(await schemas.recheck([recordOf(1)]), true)
  assert.equal(knowing.verdict(1), 'malformed_datum')
  assert.deepEqual(moves, [[1, 'replaced']])
})

test('records of a schema of ours are read on, though its id is another now, and it is told once a look', async () => {
  const knowing = createKnowing()
  const { registry, schemas, moves, pass } = knowing
  registry.set(1, eventAvroSchema)
  await schemas.prepare([recordOf(1)])
  registry.set(1, otherTeams)
  assert.equal(await schemas.refresh(), false, 'not yet time')
  pass(MINUTE_MS)
  assert.equal(await schemas.refresh(), false)
  assert.equal(knowing.verdict(1), 'malformed_datum', 'still read')
  assert.deepEqual(moves, [[1, 'kept']])
})

test('an id that meant two schemas of ours is read by neither, and says why', async () => {
  const knowing = createKnowing()
  const { registry, schemas, moves, pass, asked } = knowing
  registry.set(1, eventAvroSchema)
  await schemas.prepare([recordOf(1)])
  registry.set(1, evolved)
  pass(MINUTE_MS)
  assert.equal(await schemas.refresh(), true)
  assert.equal(knowing.verdict(1), 'unknown_schema')
  assert.match(schemas.whyUnknown(1), /another schema of ours/)
  assert.match(schemas.whyUnknown(2), /no schema with the id 2/)
  assert.deepEqual(moves, [[1, 'ambiguous']])
  const before = asked.length
  await schemas.prepare([recordOf(1)])
  assert.equal(asked.length, before, 'learnt by nobody asking')
})

test('a registry that is away, or empty, takes nothing away that is known', async () => {
  for (const failure of ['unavailable', 'denied', 'unknown'] as const) {
    const { registry, schemas, moves, verdict, pass } = createKnowing()
    registry.set(1, eventAvroSchema)
    await schemas.prepare([recordOf(1)])
    registry.set(1, new SchemaRegistryError(failure, 'no', null))
    pass(MINUTE_MS)
    assert.equal(await schemas.refresh(), false)
    assert.equal(verdict(1), 'malformed_datum')
    assert.deepEqual(moves, [])
  }
})

test('a registry that is away is asked about one id, not about each in turn', async () => {
  const { registry, schemas, asked, pass } = createKnowing()
  const ids = [1, 2, 3]
  for (const id of ids) registry.set(id, eventAvroSchema)
  await schemas.prepare(ids.map(recordOf))
  for (const id of ids) registry.set(id, new SchemaRegistryError('unavailable', 'away', null))
  asked.length = 0
  pass(MINUTE_MS)
  assert.equal(await schemas.refresh(), false)
  assert.deepEqual(asked, [1])
  pass(MINUTE_MS)
  await schemas.refresh()
  assert.deepEqual(asked, [1, 1])
})

test('ids are asked for once a minute at most, however many batches there are', async () => {
  const { registry, schemas, asked, pass } = createKnowing()
  registry.set(1, eventAvroSchema)
  for (let batch = 0; batch < 120; batch++) {
    await schemas.refresh()
    await schemas.prepare([recordOf(1)])
    pass(1_000)
  }
  assert.equal(asked.length, 2)
})

test('a value without a whole frame has no schema id', () => {
  const at = (value: Buffer | null) =>
    schemaIdOf({ partition: 0, offset: 0, timestampMs: 0, key: null, value, headers: {} })
  assert.deepEqual(
    [at(null), at(Buffer.alloc(4)), at(Buffer.from([1, 0, 0, 0, 7]))],
    [null, null, null],
  )
  assert.equal(at(Buffer.from([0, 0, 0, 0, 7])), 7)
})
