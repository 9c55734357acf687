import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import createRequest from 'kafkajs/src/protocol/request.js'
import produceV7 from 'kafkajs/src/protocol/requests/produce/v7/request.js'
import { encodeProduceRequest } from '../producer/produce-request.ts'
import { BufferedRecord, type OutgoingRecord } from '../records.ts'

const bytes = fc
  .oneof(
    { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    // Lengths around the places where a varint takes another byte.
    ...[63, 64, 8_191, 8_192].map((length) => fc.constant(new Uint8Array(length).fill(7))),
  )
  .map((array) => Buffer.from(array))
const nullable = fc.option(bytes, { nil: null })
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const headers = fc.option(fc.dictionary(text, fc.oneof(bytes, text), { maxKeys: 4 }), {
  nil: undefined,
})
const record = fc.record({ key: nullable, value: nullable, headers })
const partition = fc.record({
  topic: fc.constantFrom('events.tracked.v1', 'events.rejected.v1'),
  partition: fc.nat(96),
  records: fc.array(record, { minLength: 1, maxLength: 200, size: 'small' }),
})

const request = { version: 7, clientId: 'ingest-ü', timeoutMs: 4_000 }

test('a produce request has the bytes that kafkajs would send, whatever is in it', async (t) => {
  const anyTime = fc.integer({ min: 0, max: 4_102_444_800_000 })
  const parts = fc.uniqueArray(partition, {
    minLength: 1,
    maxLength: 6,
    selector: ({ topic, partition: number }) => `${topic}/${number}`,
  })
  await fc.assert(
    fc.asyncProperty(parts, fc.nat(), anyTime, async (drawn, correlationId, timestampMs) => {
      const named = drawn.map((part) => ({
        ...part,
        records: part.records.map((each) => ({ ...part, ...withoutUndefined(each) })),
      }))
      const ours = encodeProduceRequest({ ...request, parts: named, correlationId, timestampMs })
      t.mock.method(Date, 'now', () => timestampMs)
      const theirs = await encodedByKafkaJs(named, correlationId)
      t.mock.restoreAll()
      assert.equal(ours.toString('hex'), theirs.toString('hex'))
    }),
    { numRuns: 100 },
  )
})

test('a thousand records of 300 bytes, and one of a megabyte, have the bytes of kafkajs', async (t) => {
  const at = { topic: 't', partition: 3 }
  const timestampMs = 1_700_000_000_000
  t.mock.method(Date, 'now', () => timestampMs)
  for (const records of [
    Array.from({ length: 1_000 }, (_, index) => ({
      ...at,
      key: Buffer.from(`account_${index}`),
      value: Buffer.alloc(300, index),
    })),
    [{ ...at, key: null, value: Buffer.alloc(1_200_000, 'x') }],
  ]) {
    const parts = [{ ...at, records }]
    const ours = encodeProduceRequest({ ...request, parts, correlationId: 1, timestampMs })
    assert.ok(ours.equals(await encodedByKafkaJs(parts, 1)))
  }
})

test('records that are slices of one buffer are copied from where they lie', () => {
  const buffer = Buffer.from('..key-value..')
  const sliced = {
    topic: 't',
    partition: 0,
    key: buffer.subarray(2, 5),
    value: buffer.subarray(6, 11),
  }
  const apart = { ...sliced, key: Buffer.from('key'), value: Buffer.from('value') }
  const [one, other] = [sliced, apart].map((each) =>
    encodeProduceRequest({
      ...request,
      parts: [{ topic: 't', partition: 0, records: [each] }],
      correlationId: 1,
      timestampMs: 1,
    }),
  )
  assert.deepEqual(one, other)
})

test('records that lie in one buffer have the bytes of records of their own', async (t) => {
  const length = fc.oneof(fc.nat(60), fc.constantFrom(63, 64, 8_191, 8_192))
  const place = fc.record({ skipped: fc.nat(5), before: fc.nat(60), key: length, behind: length })
  const timestampMs = 1_700_000_000_000
  t.mock.method(Date, 'now', () => timestampMs)
  await fc.assert(
    fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 50 }), async (places) => {
      const at = { topic: 't', partition: 3 }
      const buffer = Buffer.from(
        Array.from({ length: bytesNeeded(places) }, (_, index) => index * 7),
      )
      let end = 0
      const records = places.map(({ skipped, before, key, behind }) => {
        const start = end + skipped
        const keyStart = start + before
        const keyEnd = keyStart + key
        end = keyEnd + behind
        return new BufferedRecord(at.topic, at.partition, { buffer, start, end, keyStart, keyEnd })
      })
      const apart = records.map(({ key, value }) => {
        return { ...at, key: Buffer.from(key), value: Buffer.from(value) }
      })
      const parts = [{ ...at, records }]
      const ours = encodeProduceRequest({ ...request, parts, correlationId: 1, timestampMs })
      assert.ok(ours.equals(await encodedByKafkaJs([{ ...at, records: apart }], 1)))
    }),
    { numRuns: 100 },
  )
})

function bytesNeeded(places: readonly Readonly<Record<string, number>>[]): number {
  return places.flatMap((place) => Object.values(place)).reduce((sum, each) => sum + each, 0)
}

interface Part {
  readonly topic: string
  readonly partition: number
  readonly records: readonly OutgoingRecord[]
}

async function encodedByKafkaJs(parts: readonly Part[], correlationId: number): Promise<Buffer> {
  const topicData = [...Map.groupBy(parts, ({ topic }) => topic)].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition: number, records }) => ({
      partition: number,
      messages: records,
    })),
  }))
  const { clientId, timeoutMs: timeout } = request
  const encoded = await createRequest({
    correlationId,
    clientId,
    request: produceV7({ acks: -1, timeout, topicData }),
  })
  return encoded.buffer
}

function withoutUndefined({
  key,
  value,
  headers: given,
}: typeof record extends fc.Arbitrary<infer R> ? R : never) {
  return given === undefined ? { key, value } : { key, value, headers: given }
}
