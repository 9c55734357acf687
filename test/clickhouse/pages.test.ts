// Tables of what was refused are read page by page: each row once, and no page reads what lies before it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrate, type ClickHouse } from '@custom-events/clickhouse'
import { erasedIdOf } from '@custom-events/event'
import { createLogger } from '@custom-events/runtime'
import { findLetters, findRejected } from '../../cli/src/erase/refused.ts'
import { selectionOf } from '../../cli/src/erase/shards/one-shard.ts'
import { readDeadLetters } from '../../cli/src/replay/sources/dead-letter-rows.ts'
import { readRejectedEvents } from '../../cli/src/replay/sources/rejected-rows.ts'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 290_000 }
const REJECTS = 20_000
const LETTERS = 17_000
const EVERYTHING = { sinceMs: 0, untilMs: 4e12, codes: [], groupId: null, isForced: false }
const { ids } = selectionOf({ id: erasedIdOf('group', 'gone'), timestampBefore: null })

async function openFilled(): Promise<ClickHouse> {
  const clickhouse = ownDatabase(stack, 'pages')
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  // Three codes, and ten of one millisecond; of every tenth the account is one that is erased.
  await clickhouse.command(
    `INSERT INTO rejected_events (received_at, code, request_id, \`index\`, group_id, raw, errors, kafka_partition, version)
     SELECT toDateTime64('2026-03-01', 3, 'UTC') + toIntervalMillisecond(intDiv(number, 10)), ['a', 'b', 'c'][number % 3 + 1],
       hex(cityHash64(number)), 0, if(number % 10 = 0, 'gone', 'here'), '{}', '[]', 1, number + 1 FROM numbers(${REJECTS})`,
  )
  await clickhouse.command(
    `INSERT INTO dead_letters (source_topic, source_log, source_partition, source_offset, stage, error_code, key, value, dead_lettered_at,
       kafka_partition, version)
     SELECT ['t', 'u'][number % 2 + 1], ['l', 'm'][intDiv(number, 2) % 2 + 1], number % 3, number, 'insert', '27',
       if(number % 10 = 0, 'gone', 'here'), 'x', toDateTime64('2026-03-01', 3, 'UTC'), 1, number + 1 FROM numbers(${LETTERS})`,
  )
  for (const table of ['rejected_events', 'dead_letters']) {
    await clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`)
  }
  return clickhouse
}

/** The same ClickHouse, and what the last page asks it. */
function watched(clickhouse: ClickHouse) {
  let last: Parameters<ClickHouse['query']> = ['']
  const query = <Row>(...asked: Parameters<ClickHouse['query']>): Promise<Row[]> => {
    last = asked
    return clickhouse.query<Row>(...asked)
  }
  const granules = async (): Promise<readonly [read: number, of: number]> => {
    const [sql, params] = last
    const lines = await clickhouse.query<{ explain: string }>(`EXPLAIN indexes = 1 ${sql}`, params)
    const text = lines.map(({ explain }) => explain).join('\n')
    const figures = [...text.matchAll(/Granules: (\d+)\/(\d+)/g)].map(
      ([, read, of]) => [Number(read), Number(of)] as const,
    )
    return [Math.min(...figures.map(([read]) => read)), Math.max(...figures.map(([, of]) => of))]
  }
  return { clickhouse: { query }, granules }
}

test(
  'an erasure finds each refused row once, and its last page reads only the end',
  SLOW,
  async () => {
    await using clickhouse = await openFilled()
    for (const [find, expected] of [
      [findRejected, REJECTS / 10],
      [findLetters, LETTERS / 10],
    ] as const) {
      const looked = watched(clickhouse)
      const places = await find(looked.clickhouse, ids, null)
      assert.equal(places.length, expected)
      assert.equal(new Set(places.map(({ version }) => version)).size, expected)
      const [read, of] = await looked.granules()
      assert.ok(of >= 2 && read === 1, `${read} of ${of} granules`)
    }
  },
)

test('a replay finds each refused row once', SLOW, async () => {
  await using clickhouse = await openFilled()
  const rejected = readRejectedEvents(clickhouse, EVERYTHING)
  const seen = new Set<string>()
  for (let place: Parameters<typeof rejected.page>[0] = null; ;) {
    const { rows, next } = await rejected.page(place)
    for (const { event } of rows) seen.add(event.request_id)
    place = next
    if (next === null) break
  }
  assert.equal(seen.size, REJECTS)

  const looked = watched(clickhouse)
  const letters = readDeadLetters(looked.clickhouse, EVERYTHING)
  let found = 0
  for (let place: Parameters<typeof letters.page>[0] = null; ;) {
    const { letters: page, next } = await letters.page(place)
    found += page.length
    place = next
    if (next === null) break
  }
  assert.equal(found, LETTERS)
  const [read, of] = await looked.granules()
  assert.ok(of >= 2 && read === 1, `${read} of ${of} granules`)
})
