import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { openKept, retention, type Kept } from './kept.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 120_000 }
const GONE = { withinMs: 60_000 }

async function becomes(kept: Kept, ids: readonly string[]): Promise<void> {
  await eventually(async () => assert.deepEqual(await kept.ids(), ids), GONE)
}

test('a new table gets its retention; the second setup changes nothing', SLOW, async () => {
  await using kept = await openKept(stack)
  const days = {
    CLICKHOUSE_RETENTION_DAYS: 36_500,
    CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS: 90,
    CLICKHOUSE_ROLLUP_RETENTION_DAYS: 0,
    AUDIT_RETENTION_DAYS: 365,
  }
  const plans = new Map([["it's \\ TTL 'x' SETTINGS a COMMENT b", 7]])
  const said = await kept.setUp(days, plans)
  assert.match(said, /table events keeps rows at least 36500 days.*"it's .* at least 7 days/)
  assert.match(said, /table rejected_events keeps rows at least 36500 days/)
  assert.match(said, /table dead_letters keeps rows at least 90 days/)
  assert.match(said, /table audit keeps rows at least 365 days/)
  assert.doesNotMatch(said, /rollup_daily/, 'it has no TTL already')
  assert.equal(await kept.setUp(days, plans), '')
  assert.equal(await kept.setUp({}, plans), '', 'what is not said stays')
})

test('rows of a hundred years, and of before 1970, stay as long as they are to', SLOW, async () => {
  await using kept = await openKept(stack)
  await kept.setUp({ CLICKHOUSE_RETENTION_DAYS: 36_500 })
  await kept.insert([
    { id: 'old', daysAgo: 60 * 365 },
    { id: 'new', daysAgo: 0 },
  ])
  await kept.clickhouse.command('OPTIMIZE TABLE events FINAL')
  assert.deepEqual(await kept.ids(), ['new', 'old'])
})

test(
  'setup deletes nothing that is there: it says how much of which month would go, and who does it',
  SLOW,
  async () => {
    await using kept = await openKept(stack)
    await kept.insert([
      { id: 'a', daysAgo: 400 },
      { id: 'b', daysAgo: 400 },
      { id: 'c', daysAgo: 100 },
      { id: 'd', daysAgo: 1 },
    ])
    const days = { CLICKHOUSE_RETENTION_DAYS: 30 }
    const said = await kept.setUp(days)
    assert.match(said, /note: events: keeps rows at least 30 days.*kept them for ever before/)
    assert.match(said, /deletes 3 events that are there/)
    assert.match(said, /\d{4}-\d{2} +2\n.*\d{4}-\d{2} +1\n/)
    assert.match(said, /npm run retention -- --apply/)
    assert.match(
      said,
      /table rejected_events keeps rows at least 30 days.*from now on/,
      'nothing is in it',
    )
    const dry = await retention(kept, stack, { days, isApplied: false })
    assert.equal(dry.code, 1)
    assert.match(dry.said, /deletes 3 events.*Nothing was changed: --apply/s)
    await kept.clickhouse.command('OPTIMIZE TABLE events FINAL')
    assert.deepEqual(await kept.ids(), ['a', 'b', 'c', 'd'])

    const applied = await retention(kept, stack, { days, isApplied: true })
    assert.equal(applied.code, 0, applied.said)
    await becomes(kept, ['d'])
    assert.equal((await retention(kept, stack, { days, isApplied: false })).code, 0)
    const [entry] = await kept.clickhouse.query(
      `SELECT command, run_by, outcome, counts FROM audit FINAL WHERE command = 'retention'`,
    )
    assert.deepEqual(entry, {
      command: 'retention',
      run_by: 'maria',
      outcome: 'done',
      counts: '{"tables":1,"rows":3}',
    })
  },
)

test(
  'no part is rewritten: what is due is dropped, everything else stays as it lies',
  SLOW,
  async () => {
    await using kept = await openKept(stack)
    await kept.insert([
      { id: 'a', daysAgo: 400 },
      { id: 'd', daysAgo: 1 },
    ])
    // A name says which blocks a part has and how often it was merged; a mutation that links its files adds its own number.
    const merged = (): Promise<readonly object[]> =>
      kept.clickhouse.query(
        `SELECT arrayStringConcat(arraySlice(splitByChar('_', name), 1, 4), '_') AS part FROM system.parts
         WHERE database = currentDatabase() AND table = 'events' AND active AND rows > 0 ORDER BY part`,
      )
    const [, young] = await merged()
    const days = { CLICKHOUSE_RETENTION_DAYS: 30 }
    await retention(kept, stack, { days, isApplied: true })
    await becomes(kept, ['d'])
    assert.deepEqual(await merged(), [young])
  },
)

test(
  'events of a plan with days of its own go, those beside them in the same part stay',
  SLOW,
  async () => {
    await using kept = await openKept(stack)
    const odd = `it's \\ {x} "odd"`
    await kept.insert([
      { id: 'old ping', daysAgo: 100, event: 'ping' },
      { id: 'old signup', daysAgo: 100 },
      { id: 'older signup', daysAgo: 1_000 },
      { id: 'old odd', daysAgo: 100, event: odd },
      { id: 'old stays', daysAgo: 2_000, event: 'stays' },
      { id: 'new ping', daysAgo: 1, event: 'ping' },
    ])
    const plans = new Map([
      ['ping', 7],
      [odd, 30],
      ['stays', null],
    ])
    const days = { CLICKHOUSE_RETENTION_DAYS: 365 }
    const changes = await kept.changes(days, plans)
    // Not of the catalogue, which may have counted them by now.
    const ofEvents = changes.filter(({ table }) => table.name === 'events')
    const due = ofEvents.flatMap((change) => change.due.map(({ event, rows }) => [event, rows]))
    assert.deepEqual(due, [
      [null, 1],
      ['ping', 1],
      [odd, 1],
    ])
    const { applyAudited } = await import('../../cli/src/retention/set-up-retention.ts')
    const options = { command: 'retention', changes, config: { CLICKHOUSE_CLUSTER: '' } } as const
    await applyAudited(kept.clickhouse, options)
    await becomes(kept, ['new ping', 'old signup', 'old stays'])
  },
)

test('only events of a plan expire, and nothing else in their parts', SLOW, async () => {
  await using kept = await openKept(stack)
  await kept.setUp({}, new Map([['ping', 7]]))
  await kept.insert([
    { id: 'old ping', daysAgo: 100, event: 'ping' },
    { id: 'old signup', daysAgo: 3_000 },
  ])
  await becomes(kept, ['old signup'])
})

test('a longer time is put into force by setup, and what is to stay now stays', SLOW, async () => {
  await using kept = await openKept(stack)
  await kept.setUp({ CLICKHOUSE_RETENTION_DAYS: 200 })
  await kept.insert([{ id: 'a', daysAgo: 150 }])
  const said = await kept.setUp({ CLICKHOUSE_RETENTION_DAYS: 400 })
  assert.match(said, /table events keeps rows at least 400 days/)
  await kept.setUp({ CLICKHOUSE_RETENTION_DAYS: 0 })
  await kept.clickhouse.command('OPTIMIZE TABLE events FINAL')
  assert.deepEqual(await kept.ids(), ['a'])
  const [row] = await kept.clickhouse.query<{ readonly days: number; readonly isKnown: number }>(
    `SELECT days, gone_before BETWEEN today() - 400 - 31 AND today() - 200 + 1 AS isKnown FROM retention FINAL`,
  )
  assert.deepEqual(row, { days: 0, isKnown: 1 }, 'up to when rows may be gone is not forgotten')
})

test(
  'a TTL that somebody made by hand stays while nothing is configured, and is told when it is changed',
  SLOW,
  async () => {
    await using kept = await openKept(stack)
    await kept.clickhouse.command(
      'ALTER TABLE events MODIFY TTL toDateTime(timestamp) + INTERVAL 500 DAY',
    )
    assert.equal(await kept.setUp({}), '')
    const [change] = await kept.changes({ CLICKHOUSE_RETENTION_DAYS: 600 })
    assert.match(change?.from ?? '', /toIntervalDay\(500\)/)
  },
)

test(
  'a change that was cut off before parts know when they are due is told, and ended',
  SLOW,
  async () => {
    await using kept = await openKept(stack)
    await kept.insert([
      { id: 'a', daysAgo: 400 },
      { id: 'd', daysAgo: 1 },
    ])
    const days = { CLICKHOUSE_RETENTION_DAYS: 30 }
    const [change] = await kept.changes(days)
    assert.ok(change?.to)
    // As a release before this left it when it was killed.
    await kept.clickhouse.command(`INSERT INTO retention (event, days) VALUES ('', 30)`)
    await kept.clickhouse.command(
      `ALTER TABLE events MODIFY TTL ${change.to} SETTINGS materialize_ttl_after_modify = 0`,
    )
    const dry = await retention(kept, stack, { days, isApplied: false })
    assert.equal(dry.code, 1)
    assert.match(dry.said, /events: .*was begun and did not end\n +deletes 1 events/)
    assert.equal((await retention(kept, stack, { days, isApplied: true })).code, 0)
    await becomes(kept, ['d'])
    assert.equal((await retention(kept, stack, { days, isApplied: false })).code, 0)
  },
)

for (const [what, was, back] of [
  ['for ever, as it was', {}, {}],
  ['to what it was', { CLICKHOUSE_RETENTION_DAYS: 400 }, { CLICKHOUSE_RETENTION_DAYS: 400 }],
] as const) {
  test(
    `after a change cut off at once, set back ${what}, no day counts as gone`,
    SLOW,
    async () => {
      await using kept = await openKept(stack)
      await kept.setUp(was)
      await kept.clickhouse.command(`INSERT INTO retention (event, days) VALUES ('', 30)`)
      await kept.setUp(back)
      const [row] = await kept.clickhouse.query<{ readonly days: number; readonly isFree: number }>(
        `SELECT days, gone_before < today() - 350 AS isFree FROM retention FINAL`,
      )
      assert.deepEqual(row, { days: 'CLICKHOUSE_RETENTION_DAYS' in was ? 400 : 0, isFree: 1 })
      assert.equal(await kept.setUp(back), '')
    },
  )
}
