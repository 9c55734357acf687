// What the consumer asks a real ClickHouse when it is in doubt.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClickHouse, identityHash, type ClickHouse } from '@custom-events/clickhouse'
import { startClickHouse } from '@custom-events/embedded'

const NOON = Date.UTC(2026, 0, 31, 12)
const HOUR = 3_600_000
let server: Awaited<ReturnType<typeof startClickHouse>>
let clickhouse: ClickHouse

before(async () => {
  server = await startClickHouse()
  clickhouse = createClickHouse({
    ...server.environment,
    CLICKHOUSE_DATABASE: 'default',
  })
  await clickhouse.command(`CREATE TABLE t (
    name LowCardinality(String), number Int32, at DateTime64(3, 'UTC'), kafka_partition UInt32,
    version UInt64, kafka_offset UInt64 ALIAS bitAnd(version, 0xFFFFFFFFFFFF)
  ) ENGINE = MergeTree ORDER BY at`)
  for (const { hour, partition, offsets, generation = LARGEST, name = 'é:1' } of [
    { hour: 0, partition: 0, offsets: '3, 4, 5, 9' },
    { hour: 0, partition: 0, offsets: '4', name: 'another record' },
    { hour: 0, partition: 0, offsets: '6', generation: 1 },
    { hour: 0, partition: 1, offsets: '4, 4' },
    { hour: -2, partition: 2, offsets: '3, 4' },
  ]) {
    await clickhouse.command(
      `INSERT INTO t SELECT {name:String}, -7, fromUnixTimestamp64Milli({ms:Int64}), ${partition},
        bitShiftLeft(toUInt64(${generation}), 48) + toUInt64(arrayJoin([${offsets}]))`,
      { ms: NOON + hour * HOUR, name },
    )
  }
})

after(async () => {
  await clickhouse[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const LARGEST = 65_535
const identity = [
  { name: 'name', kind: 'text' },
  { name: 'number', kind: 'number' },
  { name: 'at', kind: 'time' },
] as const
const time = { minMs: NOON, maxMs: NOON }
const about = { table: 't', generation: LARGEST, timeColumn: 'at', time, identity }
const all = [0, 1, 2, 3].map((partition) => ({ partition, from: 4, to: 6 }))

function hashOf(name: string, atMs = NOON): string {
  return identityHash([Buffer.from(name), Buffer.from('-7'), Buffer.from(String(atMs))])
}

test('what is there is told with its identity, within its range, partition and log', async () => {
  const mine = hashOf('é:1')
  assert.deepEqual(
    await clickhouse.recordsPresent({ ...about, ranges: all }),
    new Map([
      [
        0,
        new Map([
          [4, new Set([mine, hashOf('another record')])],
          [5, new Set([mine])],
        ]),
      ],
      [1, new Map([[4, new Set([mine])]])],
    ]),
  )
  assert.deepEqual(
    await clickhouse.recordsPresent({ ...about, generation: 1, ranges: all }),
    new Map([[0, new Map([[6, new Set([mine])]])]]),
  )
})

test('rows of another time are none of those that are asked about', async () => {
  const ranges = [{ partition: 2, from: 3, to: 4 }]
  assert.deepEqual(await clickhouse.recordsPresent({ ...about, ranges }), new Map())
  const earlier = { minMs: NOON - 2 * HOUR, maxMs: NOON }
  const hash = new Set([hashOf('é:1', NOON - 2 * HOUR)])
  assert.deepEqual(
    await clickhouse.recordsPresent({ ...about, ranges, time: earlier }),
    new Map([
      [
        2,
        new Map([
          [3, hash],
          [4, hash],
        ]),
      ],
    ]),
  )
})

test('the highest offset of a range is told of those partitions that have any', async () => {
  const highest = await clickhouse.highestOffsets({ ...about, ranges: all })
  assert.deepEqual(
    highest,
    new Map([
      [0, 5],
      [1, 4],
    ]),
  )
})

test('no part of an identity runs into the next', () => {
  const of = (...parts: string[]): string => identityHash(parts.map((part) => Buffer.from(part)))
  assert.notEqual(of('a', 'b'), of('ab', ''))
  assert.notEqual(of('1:a', ''), of('1', 'a'))
})
