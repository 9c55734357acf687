import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SAMPLE_CODECS } from './compression/codecs.fixture.ts'
import {
  markerBatch,
  recordSetBytes,
  signed,
  type SampleBatch,
  type SampleRecord,
} from '../testing/fetch-response.fixture.ts'
import { createOpenBatches } from './open-batches.ts'
import { readRecordSet, type StoredSet } from './record-set.ts'
import { UnreadableRecords } from './unreadable-records.ts'

const CRC_AT = 17
const ATTRIBUTES_AT = 22
const COUNT_AT = 60
const FIRST_RECORD_AT = 61

const SAMPLE: SampleBatch = batchOf(['one', 'two'])

function batchOf(texts: readonly string[]): SampleBatch {
  return {
    gap: 0,
    firstTimestamp: 1_700_000_000_000,
    compression: 'none',
    isTransactional: false,
    isLogAppendTime: false,
    records: texts.map(recordOf),
  }
}

function recordOf(text: string): SampleRecord {
  return { key: Buffer.from('key'), value: Buffer.from(text), headers: {}, timestampDelta: 0 }
}

function read(bytes: Buffer, set: Partial<StoredSet> = {}, maxBytes = 10_000_000) {
  const whole = { topic: 'topic', partition: 0, start: 0, end: bytes.length, from: 5, aborted: [] }
  return readRecordSet(bytes, { ...whole, ...set }, { maxBytes, open: createOpenBatches() })
}

const textsOf = ({ records }: Awaited<ReturnType<typeof read>>) =>
  records.map(({ value }) => value?.toString())

/** The one that reading ends with. */
async function whyNot(bytes: Buffer): Promise<UnreadableRecords> {
  const error = await read(bytes).then(
    () => assert.fail('it was read'),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof UnreadableRecords, String(error))
  return error
}

test('a bit that flipped anywhere under the checksum is found', async () => {
  const codec = fc.constantFrom('none' as const, ...SAMPLE_CODECS)
  await fc.assert(
    fc.asyncProperty(codec, fc.nat(), fc.nat({ max: 7 }), async (compression, place, bit) => {
      const { bytes } = await recordSetBytes(5, [{ ...SAMPLE, compression }])
      const at = CRC_AT + (place % (bytes.length - CRC_AT))
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      assert.equal((await whyNot(bytes)).reason, 'damaged')
    }),
    { numRuns: 300 },
  )
})

test('compressed bytes that do not decode never crash or end in a record that was not there', async () => {
  const codec = fc.constantFrom(...SAMPLE_CODECS)
  await fc.assert(
    fc.asyncProperty(codec, fc.nat(), fc.nat({ max: 255 }), async (compression, place, byte) => {
      const texts = Array.from({ length: 30 }, (_, index) => `event ${index % 7}`)
      const { bytes } = await recordSetBytes(5, [{ ...batchOf(texts), compression }])
      const at = FIRST_RECORD_AT + (place % (bytes.length - FIRST_RECORD_AT))
      bytes[at] = byte
      const result = await read(signed(bytes)).catch((error: unknown) => error)
      if (result instanceof UnreadableRecords) {
        assert.ok(['codec', 'layout'].includes(result.reason))
        return
      }
      // A byte of a value may change, or one that says nothing: the lengths still add up.
      const { records } = result as Awaited<ReturnType<typeof read>>
      assert.deepEqual(
        records.map(({ offset }) => offset),
        texts.map((_, index) => 5 + index),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('lengths and counts that do not add up are found even under a right checksum', async () => {
  const { bytes: good } = await recordSetBytes(5, [SAMPLE])
  const edits: readonly [at: number, value: number][] = [
    [COUNT_AT, 1], // one record fewer than there are
    [COUNT_AT, 3],
    [FIRST_RECORD_AT, 2], // the first record ends too early
    [FIRST_RECORD_AT, 0x7e], // … or reaches beyond the batch
    [FIRST_RECORD_AT + 3, 0x02], // its offset is that of the second
    [FIRST_RECORD_AT + 4, 0x60], // its key is longer than the record
  ]
  for (const [at, value] of edits) {
    const edited = Buffer.from(good)
    edited[at] = value
    assert.equal((await whyNot(signed(edited))).reason, 'layout', `byte ${at} is ${value}`)
  }
})

test('a codec that is unknown is told with its number, the offset and what to do', async () => {
  for (const codec of [5, 6, 7]) {
    const { bytes } = await recordSetBytes(5, [SAMPLE])
    bytes[ATTRIBUTES_AT] = codec
    const { message, reason, remedy, offset } = await whyNot(signed(bytes))
    assert.deepEqual([reason, offset], ['codec', 5])
    assert.match(message, new RegExp(`topic/0, batch at offset 5: .* codec ${codec}`))
    assert.match(remedy, /gzip, snappy, lz4 or zstd/)
  }
})

test('what comes before something unreadable is read; the next fetch begins at it', async () => {
  const { bytes } = await recordSetBytes(5, [SAMPLE, SAMPLE, SAMPLE])
  const second = bytes.length / 3
  bytes.writeUInt8(bytes.readUInt8(second + FIRST_RECORD_AT) ^ 1, second + FIRST_RECORD_AT)
  const set = await read(bytes)
  assert.deepEqual([textsOf(set), set.next], [['one', 'two'], 7])
  const { offset } = await whyNot(bytes.subarray(second))
  assert.equal(offset, 7)
})

test('a batch whose offset goes back is not read', async () => {
  const { bytes: two } = await recordSetBytes(5, [SAMPLE, SAMPLE])
  two.writeInt32BE(3, two.length / 2 + 4) // outside of the checksum
  const { next } = await read(two)
  assert.equal(next, 7)
})

test('what is cut off before its end, wherever that is, is left for the next fetch', async () => {
  const { bytes } = await recordSetBytes(5, [SAMPLE, SAMPLE])
  const first = bytes.length / 2
  for (let end = first; end < bytes.length; end++) {
    const { records, next } = await read(bytes.subarray(0, end))
    assert.deepEqual([records.length, next], [2, 7], `${end} bytes`)
  }
})

test('the first batch is never cut off: a length that says so is damaged, and told', async () => {
  for (const length of [-1, 0, 40, 1_000_000]) {
    const { bytes } = await recordSetBytes(5, [SAMPLE])
    bytes.writeInt32BE(length, 8)
    const { reason, offset } = await whyNot(bytes)
    assert.deepEqual([reason, offset], ['damaged', 5], `length ${length}`)
  }
})

test('a batch that lost its last records to compaction, or all, is passed as a whole', async () => {
  const { bytes: compacted } = await recordSetBytes(5, [SAMPLE])
  compacted.writeInt32BE(9, 23)
  assert.equal((await read(signed(compacted))).next, 15)
  for (const codec of [0, 1, 2, 3, 4]) {
    const empty = Buffer.from(compacted.subarray(0, FIRST_RECORD_AT))
    empty.writeInt32BE(0, COUNT_AT - 3)
    empty[ATTRIBUTES_AT] = codec
    const { records, next, gaps } = await read(signed(empty))
    assert.deepEqual([records, next, gaps], [[], 15, 0])
  }
})

test('offsets that are missing between batches are counted, those in transactions are not', async () => {
  const batches = [
    SAMPLE,
    { ...SAMPLE, gap: 3 },
    { ...SAMPLE, isTransactional: true },
    markerBatch('commit', 7),
    { ...SAMPLE, gap: 10 },
  ]
  const { bytes } = await recordSetBytes(5, batches)
  assert.equal((await read(bytes)).gaps, 13)
  assert.equal((await read(bytes, { from: 6 })).gaps, 13)
  assert.equal((await read(bytes, { from: 10 })).gaps, 10)
  assert.equal((await read(bytes, { from: 1 })).gaps, 17)
})

/** What happens in a log of transactions: one of three producers writes, or ends what it wrote. */
const step = fc.record({
  producerId: fc.constantFrom(1, 2, 3),
  does: fc.constantFrom('write', 'write', 'write', 'commit', 'abort', 'writePlainly'),
  compression: fc.constantFrom('none' as const, ...SAMPLE_CODECS),
  count: fc.integer({ min: 1, max: 3 }),
})

test('of transactions that interleave, what was committed is read and what was aborted is not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, start) => {
      const batches: SampleBatch[] = []
      const aborted: { producerId: string; firstOffset: string; end: number }[] = []
      const open = new Map<number, { firstOffset: number; texts: [number, string][] }>()
      const expected: [number, string][] = []
      let next = 5
      const end = (producerId: number, how: 'commit' | 'abort'): void => {
        const transaction = open.get(producerId)
        if (transaction === undefined) return
        open.delete(producerId)
        batches.push(markerBatch(how, producerId))
        if (how === 'commit') expected.push(...transaction.texts)
        else {
          const firstOffset = String(transaction.firstOffset)
          aborted.push({ producerId: String(producerId), firstOffset, end: next })
        }
        next++
      }
      for (const { producerId, does, compression, count } of steps) {
        if (does === 'commit' || does === 'abort') end(producerId, does)
        else {
          const texts = Array.from({ length: count }, (_, index) => `${next + index}`)
          const isTransactional = does === 'write'
          batches.push({ ...batchOf(texts), compression, isTransactional, producerId })
          const written = texts.map((text, index): [number, string] => [next + index, text])
          if (isTransactional) {
            const transaction = open.get(producerId) ?? { firstOffset: next, texts: [] }
            transaction.texts.push(...written)
            open.set(producerId, transaction)
          } else expected.push(...written)
          next += count
        }
      }
      for (const producerId of [1, 2, 3]) end(producerId, 'abort') // a reader sees no open ones
      const { bytes } = await recordSetBytes(5, batches)
      const from = 5 + (start % Math.max(1, next - 5))
      // The broker lists those that reach into what is fetched, in no promised order.
      const listed = aborted.filter((each) => each.end >= from).toReversed()
      const set = await read(bytes, { from, aborted: listed })
      assert.deepEqual(
        set.records.map(({ offset, value }) => [offset, value?.toString()]),
        expected.filter(([offset]) => offset >= from).toSorted(([one], [other]) => one - other),
      )
      assert.deepEqual([set.next, set.gaps], [next, 0])
    }),
    { numRuns: 500 },
  )
})
