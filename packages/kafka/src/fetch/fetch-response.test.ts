import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toFetchedRecords } from './consumer-records.ts'
import { decodeFetchResponse, recordSetOf, type FetchResponse } from './fetch-response.ts'
import {
  batchOf,
  decodeByKafkajs,
  recordSetBytes,
  responseBytes,
  type SampleBatch,
  type SamplePartition,
  type SampleRecord,
} from '../testing/fetch-response.fixture.ts'
import { SAMPLE_CODECS } from '../record-batch/compression/codecs.fixture.ts'
import type { OpenBatch } from '../record-batch/inflating.ts'
import { createOpenBatches } from '../record-batch/open-batches.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import { UnreadableRecords } from '../record-batch/unreadable-records.ts'

const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 60, maxLength: 9_000, size: 'max' }) },
)
const buffer = bytes.map((array) => Buffer.from(array))
const headerName = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('__proto__', 'toString', '7', ''),
)
const record: fc.Arbitrary<SampleRecord> = fc.record({
  key: fc.option(buffer),
  value: fc.option(buffer),
  headers: fc.dictionary(
    headerName,
    fc.oneof(buffer, fc.array(buffer, { minLength: 1, maxLength: 3 })),
    { maxKeys: 3 },
  ),
  timestampDelta: fc.oneof(
    fc.integer({ min: -10, max: 10 }),
    fc.integer({ min: -(2 ** 42), max: 2 ** 42 }),
  ),
})
const plainBatch: fc.Arbitrary<SampleBatch> = fc.record({
  gap: fc.oneof(fc.constant(0), fc.nat({ max: 1_000 })),
  firstTimestamp: fc.integer({ min: 0, max: 2 ** 43 }),
  compression: fc.constant('none' as const),
  isTransactional: fc.constant(false),
  isLogAppendTime: fc.boolean(),
  records: fc.array(record, { minLength: 1, maxLength: 6 }),
})
const anyBatch: fc.Arbitrary<SampleBatch> = fc
  .tuple(plainBatch, fc.constantFrom('none' as const, ...SAMPLE_CODECS), fc.boolean())
  .map(([batch, compression, isTransactional]) => ({ ...batch, compression, isTransactional }))
const partitions: fc.Arbitrary<readonly SamplePartition[]> = fc.uniqueArray(
  fc.record({
    partition: fc.nat({ max: 2 ** 20 }),
    batches: fc.array(anyBatch, { maxLength: 4 }),
    cutBytes: fc.oneof(fc.constant(0), fc.nat({ max: 200 })),
  }),
  { maxLength: 3, selector: ({ partition }) => partition },
)

const OFFSETS = fc.oneof(fc.nat({ max: 100 }), fc.integer({ min: 2 ** 31 - 3, max: 2 ** 48 }))

function fetchedOf(
  response: FetchResponse,
  from: number,
): readonly ReturnType<typeof toFetchedRecords>[] {
  return response.responses.flatMap(({ topicName, partitions: found }) =>
    found.map((partition) => toFetchedRecords(batchOf(topicName, from, partition))),
  )
}

/** Everything of a fetch but what it is counted with, with each record looked at. */
function contentOf(fetched: ReturnType<typeof toFetchedRecords>) {
  if (fetched === null) return null
  if (fetched instanceof Error) throw fetched
  const { topic, partition, from, next, records } = fetched
  return {
    topic,
    partition,
    from,
    next,
    records: records.map((each) => ({
      partition: each.partition,
      offset: each.offset,
      timestampMs: each.timestampMs,
      key: each.key,
      value: each.value,
      headers: Object.entries(each.headers),
    })),
  }
}

/** As if this offset had been asked for in every partition. */
function decode(payload: Buffer, from: number): Promise<FetchResponse> {
  const fromByPartition = { get: () => from } as unknown as ReadonlyMap<string, number>
  return decodeFetchResponse(payload, { fromByPartition, open: createOpenBatches() })
}

function headsOf(response: FetchResponse) {
  return response.responses.map(({ topicName, partitions: found }) => ({
    topicName,
    partitions: found.map((partition) => ({ ...partition, messages: 'compared elsewhere' })),
  }))
}

test('records that are read in place are those that kafkajs decodes, in any response', async () => {
  await fc.assert(
    fc.asyncProperty(partitions, OFFSETS, fc.nat({ max: 12 }), async (sample, base, skipped) => {
      const payload = await responseBytes('topic', base, sample)
      const [ours, theirs] = [await decode(payload, base + skipped), await decodeByKafkajs(payload)]
      assert.deepEqual(
        { ...ours, responses: headsOf(ours) },
        { ...theirs, responses: headsOf(theirs) },
      )
      const from = base + skipped
      assert.deepEqual(fetchedOf(ours, from).map(contentOf), fetchedOf(theirs, from).map(contentOf))
      const sets = ours.responses.flatMap((each) => each.partitions.map(({ messages }) => messages))
      assert.ok(sets.every((messages) => recordSetOf(messages) !== null))
    }),
    { numRuns: 250 },
  )
})

test('a partition that cannot be read costs the others of the same answer nothing', async () => {
  const good = { partition: 1, batches: [SAMPLE], cutBytes: 0 }
  const payload = await responseBytes('topic', 5, [{ ...good, partition: 0 }, good])
  payload.writeUInt8(payload.readUInt8(payload.indexOf('two')) ^ 1, payload.indexOf('two'))
  const [bad, read] = fetchedOf(await decode(payload, 5), 5)
  assert.ok(bad instanceof UnreadableRecords)
  const { topic, partition, offset, reason } = bad
  const place = { topic: 'topic', partition: 0, offset: 5, reason: 'damaged' }
  assert.deepEqual({ topic, partition, offset, reason }, place)
  assert.deepEqual(
    contentOf(read ?? null)?.records.map(({ value }) => value?.toString()),
    ['one', 'two'],
  )
})

test('what one answer takes in memory has a limit; what is beyond is asked for again', async () => {
  const large = { ...SAMPLE.records[0], value: Buffer.alloc(400_000, 'x') } as SampleRecord
  const batches = [{ ...SAMPLE, compression: 'zstd', records: [large] } as const]
  const sample = [0, 1, 2, 3].map((partition) => ({ partition, batches, cutBytes: 0 }))
  const payload = await responseBytes('topic', 5, sample)
  const fromByPartition = new Map(
    sample.map((each) => [partitionKey({ topic: 'topic', ...each }), 5]),
  )
  const context = { fromByPartition, open: createOpenBatches<OpenBatch>(), maxBytes: 500_000 }
  const fetched = fetchedOf(await decodeFetchResponse(payload, context), 5)
  assert.deepEqual(
    fetched.map((each) => contentOf(each)?.records.length ?? null),
    [1, 1, null, null],
  )
})

test('of one partition come fewer than 100,000 records at a time, however small they became', async () => {
  const value = Buffer.alloc(60, 'x')
  const records = Array.from({ length: 1_000 }, () => ({ ...SAMPLE.records[0], value }))
  const batch = {
    ...SAMPLE,
    compression: 'zstd',
    records: records as readonly SampleRecord[],
  } as const
  const one = await recordSetBytes(0, [batch])
  // A broker hands out a MiB of a partition, in which there are some millions of these.
  const count = Math.floor(1_048_576 / one.bytes.length)
  const set = Array.from({ length: count }, (_, index) => atOffset(one.bytes, index * 1_000))
  const empty = await responseBytes('topic', 0, [{ partition: 0, batches: [], cutBytes: 0 }])
  const length = Buffer.alloc(4)
  length.writeInt32BE(count * one.bytes.length)
  const payload = Buffer.concat([empty.subarray(0, -4), length, ...set])
  let next = 0
  for (let turn = 0; turn < 3; turn++) {
    const [fetched] = fetchedOf(await decode(payload, next), next)
    const read = contentOf(fetched ?? null)
    assert.equal(read?.records[0]?.offset, next, 'the next fetch goes on where this one ended')
    const { length: got } = read.records
    assert.ok(got > 30_000 && got < 100_000, `${got} records`)
    next += got
  }
})

/** The base offset is outside of what the checksum covers. */
function atOffset(batch: Buffer, offset: number): Buffer {
  const moved = Buffer.from(batch)
  moved.writeBigInt64BE(BigInt(offset), 0)
  return moved
}

const SAMPLE: SampleBatch = {
  gap: 0,
  firstTimestamp: 1_700_000_000_000,
  compression: 'none',
  isTransactional: false,
  isLogAppendTime: false,
  records: ['one', 'two'].map((text) => ({
    key: Buffer.from('key'),
    value: Buffer.from(text),
    headers: {},
    timestampDelta: 0,
  })),
}
