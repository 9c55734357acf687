// What must leave the catalogue, and what must not: updates, deletions, floods of names.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { openRolledUp, type Copy } from '../support/rollups.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 290_000 }

function copyOf(index: number, properties: object, change: Partial<Copy> = {}): Copy {
  return {
    group_id: 'acme',
    event: 'seen',
    timestamp: '2026-03-01 10:00:00.000',
    event_id: `id-${index}`,
    user_id: 'ann',
    anonymous_id: null,
    properties: JSON.stringify(properties),
    version: 1,
    ...change,
  }
}

/** As if no refresh could see that it came. */
const LONG_AGO = { set_inserted_at: '2026-03-10 00:00:00.000' }

const PROPERTIES = 'SELECT event, property, toUInt32(events) AS events FROM catalogue_properties'

test('a property that an update dropped leaves with the next refresh', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  await insert([copyOf(1, { gone: 1, kept: 'x' }), copyOf(2, { other: 1 }, { event: 'another' })])
  await refresh()
  await insert([copyOf(1, { kept: 'y' }, { version: 2 })])
  await refresh()
  assert.deepEqual(await clickhouse.query(`${PROPERTIES} ORDER BY event`), [
    { event: 'another', property: 'other', events: 1 },
    { event: 'seen', property: 'kept', events: 1 },
  ])
})

test('an event has 200 properties a day: those it has most often now', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  const two = (prefix: string): object =>
    Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`${prefix} ${index}`, index]))
  await insert([copyOf(1, two('early'))])
  await refresh()
  await insert([copyOf(2, two('late')), copyOf(3, two('late'))])
  await refresh()
  const counted = await clickhouse.query(
    `SELECT toUInt32(count()) AS all, toUInt32(countIf(startsWith(property, 'late') AND events = 2)) AS late
     FROM catalogue_properties`,
  )
  assert.deepEqual(counted, [{ all: 200, late: 200 }])
})

test('a flood of properties or names hides no event', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  const flood = Array.from({ length: 150 }, (_, event) =>
    [0, 1].map((twice) =>
      copyOf(
        twice,
        Object.fromEntries(Array.from({ length: 200 }, (_value, index) => [`p${index}`, 1])),
        { event: `flood ${event}` },
      ),
    ),
  ).flat()
  const names = Array.from({ length: 21_000 }, (_, index) =>
    [0, 1].map((twice) => copyOf(twice, {}, { event: `name ${index}` })),
  ).flat()
  await insert([...flood, ...names, copyOf(1, {}, { event: 'rare' })])
  await refresh()
  const [counted] = await clickhouse.query(
    `SELECT toUInt32(count()) AS all, toUInt32(countIf(event = 'rare')) AS rare FROM catalogue_events`,
  )
  assert.deepEqual(counted, { all: 21_151, rare: 1 })
  const [properties] = await clickhouse.query(
    'SELECT toUInt32(count()) AS all FROM catalogue_properties',
  )
  assert.deepEqual(properties, { all: 20_000 })
})

test('no table keeps a value of an event that was deleted', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  await insert([
    copyOf(1, { secret: 'of ann', plan: 'pro' }),
    copyOf(2, { plan: 'free' }),
    copyOf(3, { secret: 'of ann' }, { event: 'left' }),
  ])
  await refresh()
  await refresh() // a second generation
  await clickhouse.command(`DELETE FROM events WHERE event_id IN ('id-1', 'id-3')`)
  await rolled.anHourPasses()
  await refresh()
  assert.deepEqual(await clickhouse.query(PROPERTIES), [
    { event: 'seen', property: 'plan', events: 1 },
  ])
  for (const table of ['catalogue', 'catalogue_daily']) {
    const [made] = await clickhouse.query<{ sql: string }>(
      `SELECT create_table_query AS sql FROM system.tables
       WHERE database = currentDatabase() AND name = '${table}'`,
    )
    await clickhouse.command(
      `ALTER TABLE ${table} MODIFY SETTING min_age_to_force_merge_seconds = 1`,
    )
    await eventually(
      async () => {
        const kept = await clickhouse.query(
          `SELECT event, property FROM ${table} WHERE arrayExists(x -> x LIKE '%ann%', examples)`,
        )
        assert.deepEqual(kept, [])
      },
      { withinMs: 40_000 },
    )
    assert.match(made?.sql ?? '', /min_age_to_force_merge_seconds = 3600/)
  }
})

test('deleted events leave many small months within an hour', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh, empty, anHourPasses } = rolled
  const months = Array.from({ length: 120 }, (_, index) => {
    const month = new Date(Date.UTC(2000, index, 5)).toISOString().slice(0, 10)
    return (event: string): Copy =>
      copyOf(index, { [event]: 1 }, { event, timestamp: `${month} 10:00:00.000`, ...LONG_AGO })
  })
  const insertAll = async (copies: readonly Copy[]): Promise<void> => {
    await insert(copies.slice(0, 60)) // at most 100 partitions in one
    await insert(copies.slice(60))
  }
  await insertAll(months.map((of) => of('kept')))
  await insertAll(months.map((of) => of('gone')))
  await empty()
  await refresh()
  await clickhouse.command('TRUNCATE TABLE events')
  await insertAll(months.filter((_, index) => index % 3 > 0).map((of) => of('kept')))
  await anHourPasses()
  await refresh()
  const counts = await clickhouse.query(
    `SELECT * FROM (SELECT 'events_daily' AS view, event, toUInt32(sum(events)) AS events FROM events_daily GROUP BY event
     UNION ALL SELECT 'catalogue_events', event, toUInt32(events) FROM catalogue_events
     UNION ALL SELECT 'catalogue_properties', property, toUInt32(events) FROM catalogue_properties)
     ORDER BY view`,
  )
  assert.deepEqual(
    counts,
    ['catalogue_events', 'catalogue_properties', 'events_daily'].map((name) => ({
      view: name,
      event: 'kept',
      events: 80,
    })),
  )
})

test('of large months the one that became smaller is counted first', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh, anHourPasses } = rolled
  const days = ['2026-01-05', '2026-02-05'] as const
  const turn = Math.floor(Date.now() / 3_600_000) % 2
  const smaller = days[1 - turn] ?? days[0] // the other one has its turn
  for (const day of days) {
    await clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, event_id, properties, version, set_received_at, set_inserted_at)
       SELECT 'acme', 'seen', '${day} 10:00:00', toString(number), '{}', 1, now64(3), '2026-03-10 00:00:00'
       FROM numbers(1000001)`,
    )
    await insert([copyOf(0, { secret: 1 }, { timestamp: `${day} 11:00:00.000`, event: 'gone' })])
  }
  await rolled.empty()
  await refresh()
  await clickhouse.command(
    `DELETE FROM events WHERE event = 'gone' AND toDate(timestamp) = '${smaller}'`,
  )
  await anHourPasses()
  await refresh()
  for (const table of ['rollup_daily', 'catalogue_daily']) {
    const left = await clickhouse.query(
      `SELECT DISTINCT toString(day) AS day FROM ${table} FINAL WHERE event = 'gone' AND events > 0`,
    )
    assert.deepEqual(left, [{ day: days[turn] }])
  }
})
