import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchedRecord } from '@custom-events/kafka'
import { readNative } from '../../../../packages/codec/src/testing/native-reader.fixture.ts'
import { encodeDeadLetters } from './dead-letter-rows.ts'
import { HEADERS } from './dead-letter.ts'

const OWN_LOG = { clusterId: 'c', topic: 'd', topicId: '0a-1b', generation: 40_000 }
const OWN_PLACE = { source_topic: 'd', source_partition: 4, source_offset: 11 }

function rowOf(headers: Readonly<Record<string, string>>, timestampMs = 1_700_000_000_000) {
  const record: FetchedRecord = {
    partition: 4,
    offset: 11,
    timestampMs,
    key: null,
    value: null,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]),
    ),
  }
  const block = encodeDeadLetters(OWN_LOG, [record])
  const [row] = readNative(block.block)
  assert.ok(row !== undefined)
  return { row, time: block.time }
}

const place = (topic: string, partition: string, offset: string) => ({
  [HEADERS.topic]: topic,
  [HEADERS.partition]: partition,
  [HEADERS.offset]: offset,
})

test('a dead letter of somebody else that is too long to be read whole is a row that says so', () => {
  const whole = { keyBytes: null, valueBytes: 40_000_000, headersBytes: 1 }
  const record = { partition: 0, offset: 1, timestampMs: 0, key: null, value: Buffer.from('v') }
  const { block } = encodeDeadLetters(OWN_LOG, [{ ...record, headers: {}, whole }])
  assert.match(block.toString('latin1'), /custom-events\.shortened.*"value":40000000/)
})

test('a dead letter is known by the place of its record', () => {
  const { row } = rowOf(place('orders.v1', '2', '9007199254740991'))
  assert.equal(row['source_topic'], 'orders.v1')
  assert.equal(Number(row['source_partition']), 2)
  assert.equal(Number(row['source_offset']), Number.MAX_SAFE_INTEGER)
})

test('whatever else anybody writes as a place, its own place counts', () => {
  const cases = [
    {},
    place('', '1', '2'),
    place('t'.repeat(250), '1', '2'),
    place('no topic\u0000', '1', '2'),
    place('t', '', '2'),
    place('t', '-1', '2'),
    place('t', '4294967296', '2'),
    place('t', '1e3', '2'),
    place('t', '1', '99999999999999999999'),
    place('t', '1', '0x10'),
    place('t', '1', 'NaN'),
  ]
  for (const headers of cases) {
    const { row } = rowOf(headers)
    assert.deepEqual(
      {
        source_topic: row['source_topic'],
        source_partition: Number(row['source_partition']),
        source_offset: Number(row['source_offset']),
      },
      OWN_PLACE,
      JSON.stringify(headers),
    )
  }
})

test('times that no column holds are brought to what it holds', () => {
  const first = Date.UTC(1900, 0, 1)
  const last = Date.UTC(2299, 11, 31)
  const cases = [
    [{}, -1, -1],
    [{}, -8e15, first],
    [{}, 8e15, last],
    [{ [HEADERS.deadLetteredAt]: '+275760-09-13T00:00:00.000Z' }, 0, last],
    [{ [HEADERS.deadLetteredAt]: 'yesterday' }, 5, 5],
    [
      { [HEADERS.deadLetteredAt]: '2026-01-02T03:04:05.678Z' },
      5,
      Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ],
  ] as const
  for (const [headers, timestampMs, expected] of cases) {
    const { time } = rowOf(headers, timestampMs)
    assert.deepEqual(time, { minMs: expected, maxMs: expected }, JSON.stringify(headers))
  }
})

test('texts of any length leave the columns of few values bounded', () => {
  const long = 'x'.repeat(100_000)
  const { row } = rowOf({
    [HEADERS.stage]: long,
    [HEADERS.code]: long,
    [HEADERS.className]: long,
    [HEADERS.message]: long,
  })
  for (const column of ['stage', 'error_code', 'error_class']) {
    assert.equal(String(row[column]).length, 200)
  }
  assert.equal(String(row['error_message']).length, 10_000)
})

test('letters of two logs with one name are told apart, and nobody else can name a log', () => {
  const logOf = (text: string): unknown =>
    rowOf({ ...place('orders.v1', '2', '5'), [HEADERS.log]: text }).row['source_log']
  assert.deepEqual(['a_-B/01-2f', 'c/', '/'].map(logOf), ['a_-B/01-2f', 'c/', '/'])
  for (const nonsense of ['', 'c', 'c/x/y', 'c/\u0000', `${'c'.repeat(101)}/1`]) {
    assert.equal(logOf(nonsense), 'c/0a-1b')
  }
  assert.equal(rowOf({}).row['source_log'], 'c/0a-1b')
})

test('the version of a letter begins with the generation of the log it lies in', () => {
  const [row] = readNative(
    encodeDeadLetters({ ...OWN_LOG, generation: 7 }, [
      { partition: 0, offset: 3, timestampMs: 0, key: null, value: null, headers: {} },
    ]).block,
  )
  assert.equal(row?.['version'], 7 * 2 ** 48 + 3)
})
