import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FetchedRecords } from './consumer-port.ts'
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
} from './fetch-response.fixture.ts'
import { crc32c } from './crc32c.ts'
import { readRecordSet } from './record-set.ts'
import { UnreadableRecords } from './unreadable-records.ts'

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
/** What is left to kafkajs, now and then. */
const anyBatch: fc.Arbitrary<SampleBatch> = fc
  .tuple(plainBatch, fc.nat({ max: 19 }))
  .map(([batch, choice]) => ({
    ...batch,
    compression: choice === 0 ? 'gzip' : 'none',
    isTransactional: choice === 1,
  }))
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
): readonly (FetchedRecords | UnreadableRecords | null)[] {
  return response.responses.flatMap(({ topicName, partitions: found }) =>
    found.map((partition) => toFetchedRecords(batchOf(topicName, from, partition))),
  )
}

/** Everything of a fetch but what it is counted with, with each record looked at. */
function contentOf(fetched: FetchedRecords | UnreadableRecords | null) {
  if (fetched === null) return null
  if (fetched instanceof UnreadableRecords) throw fetched
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

function headsOf(response: FetchResponse) {
  return response.responses.map(({ topicName, partitions: found }) => ({
    topicName,
    partitions: found.map((partition) => ({ ...partition, messages: 'compared elsewhere' })),
  }))
}

test('records that are read in place are those that kafkajs decodes, in any response', async () => {
  let inPlace = 0
  await fc.assert(
    fc.asyncProperty(partitions, OFFSETS, fc.nat({ max: 12 }), async (sample, base, skipped) => {
      const payload = await responseBytes('topic', base, sample)
      const [ours, theirs] = [await decodeFetchResponse(payload), await decodeByKafkajs(payload)]
      assert.deepEqual(
        { ...ours, responses: headsOf(ours) },
        { ...theirs, responses: headsOf(theirs) },
      )
      const from = base + skipped
      assert.deepEqual(fetchedOf(ours, from).map(contentOf), fetchedOf(theirs, from).map(contentOf))
      const sets = ours.responses.flatMap((each) => each.partitions.map(({ messages }) => messages))
      inPlace += sets.filter((messages) => recordSetOf(messages) !== null).length
    }),
    { numRuns: 400 },
  )
  assert.ok(inPlace > 200, `${inPlace} partitions were read in place`)
})

test('a bit that flipped anywhere under the checksum is found', async () => {
  await fc.assert(
    fc.asyncProperty(plainBatch, fc.nat(), fc.nat({ max: 7 }), async (batch, place, bit) => {
      const set = await recordSetBytes(5, [batch])
      const at = CRC_AT + (place % (set.bytes.length - CRC_AT))
      set.bytes[at] = (set.bytes[at] ?? 0) ^ (1 << bit)
      assert.throws(() => read(set.bytes), UnreadableRecords)
    }),
    { numRuns: 200 },
  )
})

test('also in what is left to kafkajs, which does not look', async () => {
  for (const odd of [{ compression: 'gzip' }, { isTransactional: true }] as const) {
    const set = await recordSetBytes(5, [{ ...SAMPLE, ...odd }])
    assert.equal(read(set.bytes), null)
    set.bytes.writeUInt8(set.bytes.readUInt8(70) ^ 1, 70)
    assert.throws(() => read(set.bytes), UnreadableRecords)
  }
})

test('lengths and counts that do not add up are found even under a right checksum', async () => {
  const { bytes: good } = await recordSetBytes(5, [SAMPLE])
  const edits: readonly [at: number, value: number][] = [
    [COUNT_AT, 1], // one record fewer than there are
    [COUNT_AT, 3],
    [FIRST_RECORD_AT, 2], // the first record ends too early
    [FIRST_RECORD_AT, 0x7e], // … or reaches beyond the batch
    [FIRST_RECORD_AT + 4, 0x60], // its key is longer than the record
  ]
  for (const [at, value] of edits) {
    const edited = Buffer.from(good)
    edited[at] = value
    edited.writeUInt32BE(crc32c(edited.subarray(21)), CRC_AT)
    assert.throws(() => read(edited), UnreadableRecords, `byte ${at} is ${value}`)
  }
})

test('a batch whose offset goes back is refused', async () => {
  const { bytes: two } = await recordSetBytes(5, [SAMPLE, SAMPLE])
  two.writeInt32BE(3, two.length / 2 + 4) // outside of the checksum
  assert.throws(() => read(two), /batch at offset 3: it follows offset 6/)
})

test('an older format is left to kafkajs, also when all of it is shorter than the header of a batch', () => {
  const message = Buffer.alloc(40) // offset, length, checksum, magic 1, …
  message.writeInt32BE(28, 8)
  message[16] = 1
  assert.equal(read(message), null)
})

test('what is cut off before its end, wherever that is, is left out', async () => {
  const { bytes: one } = await recordSetBytes(5, [SAMPLE])
  for (let end = 0; end < one.length; end++) {
    const { records = null, next = null } = read(one.subarray(0, end)) ?? {}
    assert.deepEqual([records, next], [[], 0], `${end} bytes`)
  }
})

test('a batch that lost its last records to compaction is passed as a whole', async () => {
  const { bytes: compacted } = await recordSetBytes(5, [SAMPLE])
  compacted.writeInt32BE(9, 23)
  compacted.writeUInt32BE(crc32c(compacted.subarray(21)), CRC_AT)
  assert.equal(read(compacted)?.next, 15)
})

const CRC_AT = 17
const COUNT_AT = 60
const FIRST_RECORD_AT = 61

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

function read(set: Buffer) {
  return readRecordSet(set, { topic: 'topic', partition: 0, start: 0, end: set.length })
}
