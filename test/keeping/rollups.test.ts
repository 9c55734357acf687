// What rollups keep of events that are gone because they are old.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  setUpRetention,
  applyAudited,
  retentionChanges,
} from '../../cli/src/retention/set-up-retention.ts'
import { eventually } from '../support/eventually.ts'
import { openRolledUp, type Copy, type RolledUp } from '../support/rollups.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { configOf, dayText } from './kept.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 240_000 }

let version = 0
const copy = (event: string, daysAgo: number, user: string): Copy => ({
  group_id: 'acme',
  event,
  timestamp: dayText(daysAgo),
  event_id: `${event}-${daysAgo}-${user}`,
  user_id: user,
  anonymous_id: null,
  properties: '{"plan":"pro"}',
  version: ++version,
})

type Plans = ReadonlyMap<string, number | null>

async function keep(rolled: RolledUp, days: number, plans: Plans = new Map()): Promise<void> {
  const { clickhouse } = rolled
  const config = configOf({ CLICKHOUSE_RETENTION_DAYS: days })
  await clickhouse.command('ALTER TABLE events MODIFY SETTING merge_with_ttl_timeout = 1')
  const changes = await retentionChanges(clickhouse, config, { retention: plans })
  await applyAudited(clickhouse, { command: 'retention', changes, config })
}

async function remaining(rolled: RolledUp, count: number): Promise<void> {
  await eventually(
    async () => {
      const [row] = await rolled.clickhouse.query('SELECT toUInt32(count()) AS n FROM events')
      assert.deepEqual(row, { n: count })
    },
    { withinMs: 60_000 },
  )
}

const counted = async ({ clickhouse }: RolledUp) => ({
  daily: await clickhouse.query(
    `SELECT event, toUInt32(dateDiff('day', day, today())) AS ago, toUInt32(events) AS events, toUInt32(users) AS users
     FROM events_daily ORDER BY event, ago`,
  ),
  active: await clickhouse.query(
    `SELECT toUInt32(dateDiff('day', day, today())) AS ago, toUInt32(events) AS events, toUInt32(users) AS users
     FROM active_users_daily ORDER BY ago`,
  ),
})

const MANY = ['a', 'b', 'c'].flatMap((user) => [
  copy('signup', 100, user),
  copy('signup', 1, user),
  copy('ping', 100, user),
])

test('counts of days that are gone stay, through the hours and late events', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  await rolled.insert(MANY)
  await rolled.refresh()
  const counts = await counted(rolled)
  assert.equal(counts.daily.length, 3)

  await keep(rolled, 30)
  await remaining(rolled, 3)
  await rolled.refresh()
  assert.deepEqual(await counted(rolled), counts)
  await rolled.anHourPasses()
  await rolled.refresh()
  assert.deepEqual(await counted(rolled), counts, 'the month in turn')

  // A late event of a day that is gone: accepted, inserted, and on its way out. It must not become the count of its day.
  await rolled.clickhouse.command('SYSTEM STOP TTL MERGES events') // it is there while it is counted
  await rolled.insert([copy('signup', 100, 'late')])
  await rolled.refresh()
  assert.deepEqual(await counted(rolled), counts)
  await rolled.clickhouse.command('SYSTEM START TTL MERGES events')
  await remaining(rolled, 3)
})

test(
  'deleted from the first month that is kept, a rollup is counted anew, and keeps what is gone',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await rolled.insert(MANY)
    await rolled.refresh()
    const counts = await counted(rolled)
    await keep(rolled, 30)
    await remaining(rolled, 3)
    // As docs/operators.md says it.
    await rolled.clickhouse.command(
      'DELETE FROM rollup_daily WHERE day >= toStartOfMonth(today() - 30)',
    )
    await rolled.refresh()
    assert.deepEqual(await counted(rolled), counts)
  },
)

test(
  'counted anew with an event that is kept for less, a rollup keeps what is gone of a day, too',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await rolled.insert(MANY)
    await rolled.refresh()
    const counts = await counted(rolled)
    await keep(rolled, 0, new Map([['ping', 7]]))
    await remaining(rolled, 6)
    // As docs/operators.md says it, with the least of the days.
    await rolled.clickhouse.command(
      'DELETE FROM rollup_daily WHERE day >= toStartOfMonth(today() - 7)',
    )
    await rolled.refresh()
    assert.deepEqual(await counted(rolled), counts)
  },
)

test('what is deleted on purpose still leaves, of days that are kept', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  await rolled.insert(MANY)
  await rolled.refresh()
  await keep(rolled, 30)
  await remaining(rolled, 3)
  await rolled.clickhouse.command(`DELETE FROM events WHERE user_id = 'a'`)
  await rolled.anHourPasses()
  await rolled.refresh()
  const { daily } = await counted(rolled)
  assert.deepEqual(daily, [
    { event: 'ping', ago: 100, events: 3, users: 3 },
    { event: 'signup', ago: 1, events: 2, users: 2 },
    { event: 'signup', ago: 100, events: 3, users: 3 },
  ])
})

test(
  'a longer time, and even for ever, does not count anew what a shorter one deleted',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await rolled.insert(MANY)
    await rolled.refresh()
    const counts = await counted(rolled)
    await keep(rolled, 30)
    await remaining(rolled, 3)
    const plans = { retention: new Map() }
    await setUpRetention(
      rolled.clickhouse,
      { config: configOf({ CLICKHOUSE_RETENTION_DAYS: 0 }), plans },
      () => {},
    )
    await rolled.anHourPasses()
    await rolled.refresh()
    assert.deepEqual(await counted(rolled), counts)
  },
)

test(
  'of a day of which one event is gone the others are still counted, and added to what was',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await rolled.insert(MANY)
    await rolled.refresh()
    await keep(rolled, 0, new Map([['ping', 7]]))
    await remaining(rolled, 6)
    await rolled.anHourPasses()
    await rolled.refresh()
    const [, whole] = (await counted(rolled)).active
    assert.deepEqual(whole, { ago: 100, events: 6, users: 3 })

    await rolled.clickhouse.command('SYSTEM STOP TTL MERGES events')
    await rolled.insert([copy('signup', 100, 'd'), copy('ping', 100, 'late')])
    await rolled.refresh()
    assert.deepEqual(await counted(rolled), {
      daily: [
        { event: 'ping', ago: 100, events: 3, users: 3 },
        { event: 'signup', ago: 1, events: 3, users: 3 },
        { event: 'signup', ago: 100, events: 4, users: 4 },
      ],
      active: [
        { ago: 1, events: 3, users: 3 },
        { ago: 100, events: 7, users: 4 },
      ],
    })
  },
)

test('the catalogue goes with the events: no value of one that is gone stays', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const old = { ...copy('signup', 400, 'a'), properties: '{"plan":"secret"}' }
  await rolled.insert([old, copy('ping', 1, 'b')])
  await rolled.refresh()
  await keep(rolled, 30)
  await remaining(rolled, 1)
  await rolled.anHourPasses()
  await rolled.refresh()
  const events = await rolled.clickhouse.query('SELECT event FROM catalogue_events')
  assert.deepEqual(events, [{ event: 'ping' }])
  const examples = await rolled.clickhouse.query<{ readonly examples: string[] }>(
    'SELECT examples FROM catalogue_properties',
  )
  assert.deepEqual(examples, [{ examples: ['"pro"'] }])
})
