import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compressed, SAMPLE_CODECS, type SampleCodec } from './compression/codecs.fixture.ts'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { signed } from '../testing/fetch-response.fixture.ts'
import type { OpenBatch } from './inflating.ts'
import { createOpenBatches } from './open-batches.ts'
import { recordBatchRoom, writeRecordBatch } from './record-batch.ts'
import { readRecordSet, type RecordSet } from './record-set.ts'
import { UnreadableRecords } from './unreadable-records.ts'

const MIB = 1_048_576

interface Bomb {
  readonly bytes: Buffer
  readonly count: number
  readonly read: (from: number) => Promise<RecordSet>
}

/** One batch of these records, from offset 0 on. */
function batchOf(codec: SampleCodec, values: readonly Buffer[], key = Buffer.from('key')): Buffer {
  const records = values.map((value) => ({
    topic: 't',
    partition: 0,
    key,
    value,
    headers: { one: 'header' },
  }))
  const plain = Buffer.alloc(recordBatchRoom(records))
  const end = writeRecordBatch(plain, 0, { records, timestampMs: 4 })
  const { number, bytes } = compressed(codec, plain.subarray(61, end))
  const batch = Buffer.concat([plain.subarray(0, 61), bytes])
  batch[22] = number
  return signed(batch)
}

/** A batch of records that are all alike, and one record after it. */
function bombOf(codec: SampleCodec, valueBytes: number, count: number): Bomb {
  const value = Buffer.alloc(valueBytes, 'abc')
  const after = batchOf('none', [Buffer.from('last')])
  after.writeInt32BE(count, 4)
  const values = Array.from({ length: count }, () => value)
  const bytes = Buffer.concat([batchOf(codec, values), after])
  const open = createOpenBatches<OpenBatch>()
  const set = { topic: 't', partition: 0, start: 0, end: bytes.length, aborted: [] }
  const read: Bomb['read'] = (from) =>
    readRecordSet(bytes, { ...set, from }, { maxBytes: 4 * MIB, open })
  return { bytes, count, read }
}

for (const codec of SAMPLE_CODECS) {
  test(`${codec}: a large batch is read in parts, each record once, in order, each part bounded`, async () => {
    const { read, count } = bombOf(codec, 1_000, 20_000) // 20 MiB
    const offsets: number[] = []
    let parts = 0
    for (let from = 0; from < count + 1; parts++) {
      const set = await read(from)
      assert.ok(set.next > from, `it stays at ${from}`)
      assert.ok(set.bytes <= 8 * MIB, `${set.bytes} bytes`)
      offsets.push(...set.records.map(({ offset }) => offset))
      const [first] = set.records
      if (from < count) check(first)
      from = set.next
    }
    assert.deepEqual(
      offsets,
      Array.from({ length: count + 1 }, (_, offset) => offset),
    )
    assert.ok(parts >= 5, `${parts} parts`)
  })
}

function check(record: FetchedRecord | undefined): void {
  assert.equal(record?.value?.length, 1_000)
  assert.equal(record.key?.toString(), 'key')
  assert.equal(record.headers['one']?.toString(), 'header')
}

test('a large batch is begun in its middle, and anew when it was left', async () => {
  const { read, count } = bombOf('gzip', 1_000, 20_000)
  for (const from of [15_000, 3, 7_000, 6_999, 19_999]) {
    const { records, next } = await read(from)
    assert.equal(records[0]?.offset, from)
    assert.equal(next, (records.at(-1)?.offset ?? 0) + 1)
  }
  assert.equal((await read(count)).records.length, 1)
})

test('what a few bytes become never holds up the event loop, and takes bounded memory', async () => {
  const { read, count, bytes } = bombOf('zstd', 100_000, 3_000) // 286 MiB of a few KiB
  assert.ok(bytes.length < MIB)
  const turns = watchTurns()
  const before = process.memoryUsage.rss()
  let most = 0
  for (let from = 0; from < count;) {
    from = (await read(from)).next
    most = Math.max(most, process.memoryUsage.rss() - before)
  }
  assert.ok(most < 250 * MIB, `${Math.round(most / MIB)} MiB more`)
  const longestMs = turns.end()
  assert.ok(longestMs < 50, `${longestMs} ms`)
})

/** The longest turn of the event loop, in CPU time: what else runs on this machine does not count. */
function watchTurns(): { end: () => number } {
  let [longestMs, isRunning] = [0, true]
  let last = process.threadCpuUsage()
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(last)
    longestMs = Math.max(longestMs, (user + system) / 1_000)
    last = process.threadCpuUsage()
    if (isRunning) setImmediate(turn)
  }
  setImmediate(turn)
  const end = (): number => {
    isRunning = false
    return longestMs
  }
  return { end }
}

test('a record that nobody could hold is handed on without its end, the next ones as they are', async () => {
  const open = createOpenBatches<OpenBatch>()
  const values = [Buffer.from('first'), Buffer.alloc(40 * MIB, 'x'), Buffer.from('last')]
  const bytes = batchOf('gzip', values)
  const set = { topic: 't', partition: 0, start: 0, end: bytes.length, aborted: [] }
  const read: FetchedRecord[] = []
  for (let from = 0; from < 3;) {
    const part = await readRecordSet(bytes, { ...set, from }, { maxBytes: MIB, open })
    read.push(...part.records)
    from = part.next
  }
  assert.deepEqual(
    read.map(({ offset }) => offset),
    [0, 1, 2],
  )
  const [first, long, last] = read
  assert.deepEqual([first?.value?.toString(), last?.value?.toString()], ['first', 'last'])
  assert.deepEqual(Object.keys(last?.headers ?? {}), ['one'])
  assert.equal(long?.key?.toString(), 'key')
  assert.equal(long.timestampMs, 4)
  assert.ok((long.value?.length ?? 0) < 1.1 * MIB && (long.value?.length ?? 0) > 0.9 * MIB)
  assert.deepEqual(long.headers, {})
  assert.deepEqual(long.whole, { keyBytes: 3, valueBytes: 40 * MIB, headersBytes: 12 })
  assert.deepEqual([first?.whole, last?.whole], [undefined, undefined])
})

test('of a record whose key alone nobody could hold, the value is not said to be missing', async () => {
  const open = createOpenBatches<OpenBatch>()
  const key = Buffer.alloc(20 * MIB, 'k')
  const bytes = batchOf('gzip', [Buffer.from('value'), Buffer.from('last')], key)
  const set = { topic: 't', partition: 0, start: 0, end: bytes.length, aborted: [] }
  const part = await readRecordSet(bytes, { ...set, from: 0 }, { maxBytes: MIB, open })
  const [long] = part.records
  assert.equal(long?.offset, 0)
  assert.ok((long.key?.length ?? 0) < 1.1 * MIB && (long.key?.length ?? 0) > 0.9 * MIB)
  assert.equal(long.value?.length, 0)
  assert.equal(long.whole?.keyBytes, 20 * MIB)
})

test('a large batch that is damaged inside is read up to there, and then told', async () => {
  const { bytes } = bombOf('lz4', 1_000, 20_000)
  const length = 12 + bytes.readInt32BE(8)
  const damagedAt = 61 + Math.floor((length - 61) * 0.7)
  bytes.fill(0xff, damagedAt, damagedAt + 40)
  const first = signed(Buffer.from(bytes.subarray(0, length)))
  const open = createOpenBatches<OpenBatch>()
  const set = { topic: 't', partition: 0, start: 0, end: length, aborted: [] }
  let from = 0
  const error = await (async () => {
    for (;;) {
      const part = await readRecordSet(first, { ...set, from }, { maxBytes: 4 * MIB, open })
      assert.ok(part.next > from)
      from = part.next
    }
  })().catch((caught: unknown) => caught)
  assert.ok(error instanceof UnreadableRecords, String(error))
  assert.ok(from > 8_000 && from < 20_000, `${from} were read`)
})
