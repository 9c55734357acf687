// What the consumer asks a real ClickHouse when it is in doubt.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClickHouse, type ClickHouse } from '@custom-events/clickhouse'
import { startClickHouse } from '@custom-events/embedded'

const NOON = Date.UTC(2026, 0, 31, 12)
const HOUR = 3_600_000
let server: Awaited<ReturnType<typeof startClickHouse>>
let clickhouse: ClickHouse

before(async () => {
  server = await startClickHouse()
  clickhouse = createClickHouse({
    CLICKHOUSE_URL: server.url,
    CLICKHOUSE_USER: 'default',
    CLICKHOUSE_PASSWORD: '',
    CLICKHOUSE_DATABASE: 'default',
  })
  await clickhouse.command(`CREATE TABLE t (
    at DateTime64(3, 'UTC'), kafka_partition UInt32, kafka_offset UInt64
  ) ENGINE = MergeTree ORDER BY at`)
  for (const { hour, partition, offsets } of [
    { hour: 0, partition: 0, offsets: '3, 4, 5, 9' },
    { hour: 0, partition: 1, offsets: '4, 4' },
    { hour: -2, partition: 2, offsets: '3, 4' },
  ]) {
    await clickhouse.command(
      `INSERT INTO t SELECT fromUnixTimestamp64Milli(
      {ms:Int64}), ${partition}, arrayJoin([${offsets}])`,
      { ms: NOON + hour * HOUR },
    )
  }
})

after(async () => {
  await clickhouse[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const about = { table: 't', timeColumn: 'at', time: { minMs: NOON, maxMs: NOON } }
const all = [0, 1, 2, 3].map((partition) => ({ partition, from: 4, to: 6 }))

test('offsets that are there are told once, within their range and partition', async () => {
  const present = await clickhouse.offsetsPresent({ ...about, ranges: all })
  assert.deepEqual(
    present,
    new Map([
      [0, new Set([4, 5])],
      [1, new Set([4])],
    ]),
  )
})

test('rows of another time are none of those that are asked about: an offset can be given out again', async () => {
  const ranges = [{ partition: 2, from: 3, to: 4 }]
  assert.deepEqual(await clickhouse.offsetsPresent({ ...about, ranges }), new Map())
  const time = { minMs: NOON - 2 * HOUR, maxMs: NOON }
  assert.deepEqual(
    await clickhouse.offsetsPresent({ ...about, ranges, time }),
    new Map([[2, new Set([3, 4])]]),
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
