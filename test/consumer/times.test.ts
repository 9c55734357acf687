// Three of the four times of an event are kept as differences: nobody who reads them may notice.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { migrate, MigrationError } from '@custom-events/clickhouse'
import { createTranscoder, createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { BLANK_EVENT } from '@custom-events/event'
import { createLogger } from '@custom-events/runtime'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

const log = createLogger({ service: 'test', level: 'silent' })

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

/** The ends of an Int64, of what a DateTime64(3) can show, and around 1970. */
const MOMENTS = [
  -(2n ** 63n),
  2n ** 63n - 1n,
  BigInt(Date.UTC(1900, 0)),
  BigInt(Date.UTC(2299, 11, 31, 23, 59, 59, 999)),
  -1n,
  0n,
  BigInt(Date.UTC(2026, 0, 31, 9, 30, 0, 123)),
] as const

test('every time comes back as it was, in the table and in a view on it', async () => {
  await using clickhouse = ownDatabase(stack, 'times')
  await migrate({ clickhouse, log })
  await clickhouse.command(
    `CREATE MATERIALIZED VIEW of_somebody ENGINE = MergeTree ORDER BY event_id AS
     SELECT event_id, timestamp, sent_at, received_at, inserted_at FROM events`,
  )
  const of = (ms: string): string => `reinterpret(${ms}, 'DateTime64(3, \\'UTC\\')')`
  await clickhouse.command(
    `INSERT INTO events (event_id, timestamp, set_sent_at, set_received_at, set_inserted_at)
     SELECT toString((t, s, r)), ${of('t')}, if(isNull(s), NULL, ${of('assumeNotNull(s)')}), ${of('r')}, ${of('t')}
     FROM (SELECT arrayJoin({moments:Array(Int64)}) AS t) AS timestamps
       CROSS JOIN (SELECT arrayJoin({moments:Array(Int64)}) AS r) AS received
       CROSS JOIN (SELECT arrayJoin(arrayPushBack({moments:Array(Nullable(Int64))}, NULL)) AS s) AS sent
     SETTINGS max_partitions_per_insert_block = 1000`,
    { moments: MOMENTS },
  )
  const back = (column: string): string => `reinterpretAsInt64(${column})`
  for (const from of ['events', 'tracked', 'of_somebody']) {
    const [row] = await clickhouse.query(
      `SELECT count() AS n, countIf(
         event_id = toString((${back('timestamp')}, if(isNull(sent_at), NULL, ${back('assumeNotNull(sent_at)')}),
                              ${back('received_at')}))
         AND ${back('inserted_at')} = ${back('timestamp')}) AS same
       FROM ${from}`,
    )
    const all = String(MOMENTS.length ** 2 * (MOMENTS.length + 1))
    assert.deepEqual(row, { n: all, same: all }, from)
  }
})

test('a row that the consumer makes has the times of its event, and one of its own', async () => {
  await using clickhouse = ownDatabase(stack, 'times')
  await migrate({ clickhouse, log })
  const columnByField = { sent_at: 'set_sent_at', received_at: 'set_received_at' }
  const options = { readerSchema: eventAvroSchema, timeColumn: 'received_at', columnByField }
  const transcoder = createTranscoder(options)
  transcoder.learn(1, eventAvroSchema)
  const codec = createEventCodec()
  const timestamp = Date.UTC(1950, 0)
  const events = [null, Date.UTC(2026, 0)].map((sent_at, index) => {
    return { ...BLANK_EVENT, event_id: String(index), timestamp, sent_at, received_at: 7 }
  })
  const sources = events.map((event, offset) => {
    return { partition: 0, offset, value: codec.encode(event, 1) }
  })
  const { block } = transcoder.transcode(sources, 1)
  await clickhouse.insertNative({ table: 'events', columns: transcoder.columns, block })
  const rows = await clickhouse.query(
    `SELECT toUnixTimestamp64Milli(timestamp) AS timestamp, toUnixTimestamp64Milli(sent_at) AS sent_at,
            toUnixTimestamp64Milli(received_at) AS received_at, abs(dateDiff('second', inserted_at, now64(3))) < 300 AS is_now
     FROM tracked ORDER BY event_id`,
  )
  const expected = events.map(({ sent_at }) => {
    const sent = sent_at === null ? null : String(sent_at)
    return { timestamp: String(timestamp), sent_at: sent, received_at: '7', is_now: 1 }
  })
  assert.deepEqual(rows, expected)
})

test('a range of received_at or inserted_at is found by its index, not by reading all', async () => {
  await using clickhouse = ownDatabase(stack, 'times')
  await migrate({ clickhouse, log })
  await clickhouse.command('SYSTEM STOP MERGES events')
  for (const day of [1, 2, 3]) {
    await clickhouse.command(
      `INSERT INTO events (group_id, timestamp, event_id, set_received_at, set_inserted_at)
       SELECT toString(number % 7), at, toString(number), at + 1, at + 2
       FROM (SELECT number, toDateTime64('2026-01-0${day} 00:00:00', 3, 'UTC') + number AS at FROM numbers(20000))`,
    )
  }
  for (const condition of [
    `received_at BETWEEN fromUnixTimestamp64Milli({ms:Int64}) AND fromUnixTimestamp64Milli({ms:Int64} + 1)`,
    `inserted_at > (SELECT fromUnixTimestamp64Milli({ms:Int64}, 'UTC')) - toIntervalMinute(5)`,
  ]) {
    const lines = await clickhouse.query<{ readonly explain: string }>(
      `EXPLAIN indexes = 1 SELECT count() FROM events WHERE ${condition}`,
      { ms: Date.UTC(2026, 0, 3, 1) },
    )
    assert.ok(
      lines.some(({ explain }) => /Parts: 1\/3/.test(explain)),
      lines.map(({ explain }) => explain).join('\n'),
    )
  }
})

test('a table that keeps whole times is refused untouched; its rows move as the docs say', async () => {
  await using clickhouse = ownDatabase(stack, 'times')
  const { database } = clickhouse
  await migrate({ clickhouse, log })
  await clickhouse.command(`DROP TABLE events SYNC`)
  await clickhouse.command(
    `CREATE TABLE events (group_id String, event LowCardinality(String), timestamp DateTime64(3, 'UTC'), event_id String,
       user_id Nullable(String), anonymous_id Nullable(String), sent_at Nullable(DateTime64(3, 'UTC')),
       received_at DateTime64(3, 'UTC'), inserted_at DateTime64(3, 'UTC') DEFAULT now64(3), properties String,
       context String, extra String, source LowCardinality(String), kafka_partition UInt32, version UInt64)
     ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(timestamp) ORDER BY (group_id, event, timestamp, event_id)`,
  )
  await clickhouse.command(
    `INSERT INTO events (event_id, timestamp, sent_at, received_at) VALUES
       ('a', '2026-01-31 09:30:00.123', NULL, '2026-01-31 09:30:01'), ('b', '1950-01-31 09:30:00', 7, 8)`,
  )
  const rows =
    'SELECT event_id, timestamp, sent_at, received_at, inserted_at FROM events ORDER BY 1'
  const sent = await clickhouse.query(rows)
  await assert.rejects(migrate({ clickhouse, log }), (error) => {
    assert.ok(error instanceof MigrationError)
    assert.match(
      error.message,
      /sent_at, received_at, inserted_at whole.*Tables made before 0\.1\.0/,
    )
    return true
  })
  assert.deepEqual(await clickhouse.query(rows), sent)

  const [first = [], last = []] = documentedStatements(database)
  for (const statement of first) await clickhouse.command(statement)
  await migrate({ clickhouse, log })
  for (const statement of last) await clickhouse.command(statement)
  assert.deepEqual(await clickhouse.query(rows), sent)
})

/** The SQL of that section, block by block; marked, as it does not fit a table of this version. */
function documentedStatements(database: string): readonly (readonly string[])[] {
  const page = readFileSync(new URL('../../docs/operators.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('### Tables made before 0.1.0\n')
  const [part = ''] = section.split('\n## ')
  return [...part.matchAll(/```sql of-an-earlier-table\n([^`]+)```/g)].map(([, sql = '']) =>
    sql.replaceAll('custom_events.', `${database}.`).split(';\n'),
  )
}
