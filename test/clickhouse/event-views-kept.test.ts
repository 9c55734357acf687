// Which views of events there are: names that stay, bounds, what is dropped and what never is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openRolledUp, type RolledUp } from '../support/rollups.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import { catalogueIs, makeViews, rowOf, viewsOf, type Seen } from './event-views.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 290_000 }

const namesOf = async (rolled: RolledUp): Promise<readonly string[]> =>
  (await viewsOf(rolled)).map(({ name }) => name)

test(
  'a view keeps its name and a column its property, whoever would fit the name better',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert } = rolled
    const first = [
      { event: 'Feature Used' },
      { event: 'Feature Used', property: 'a.b', strings: 1 },
    ]
    await insert([rowOf('Feature Used', { 'a.b': 'dotted', a_b: 'plain' })])
    await catalogueIs(rolled, first)
    await makeViews(rolled)
    await catalogueIs(rolled, [
      ...first,
      { event: 'Feature Used', property: 'a_b', strings: 1, events: 9 },
      { event: 'feature_used', events: 9 },
      { event: 'feature-used', events: 9 },
    ])
    assert.deepEqual(
      [await makeViews(rolled), await makeViews(rolled)].map(({ made, changed, unchanged }) => [made, changed, unchanged]), // prettier-ignore
      [[2, 1, 0], [0, 0, 3]], // prettier-ignore
    )
    const [row] = await clickhouse.query<object>('SELECT * FROM event_feature_used')
    const held = Object.entries(row ?? {}).filter(([, value]) =>
      /^(dotted|plain)$/.test(String(value)),
    )
    assert.deepEqual(held[0], ['a_b', 'dotted'])
    assert.equal(held[1]?.[1], 'plain')
    assert.equal((await namesOf(rolled)).length, 3)
  },
)

test('only views that we made are replaced or dropped', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse } = rolled
  await clickhouse.command("CREATE VIEW event_mine AS SELECT 1 AS one COMMENT 'Mine.'")
  await clickhouse.command('CREATE VIEW event_other AS SELECT 2 AS two')
  await clickhouse.command('CREATE TABLE event_table (x UInt8) ENGINE = Memory')
  await catalogueIs(rolled, [{ event: 'mine' }, { event: 'table' }, { event: 'gone' }])
  assert.equal((await makeViews(rolled)).made, 3)
  assert.equal((await namesOf(rolled)).length, 6)
  await catalogueIs(rolled, [{ event: 'mine' }])
  const { dropped, unchanged } = await makeViews(rolled)
  assert.equal(unchanged, 1)
  assert.equal(dropped.length, 2)
  assert.ok(dropped.includes('event_gone'))
  const left = await namesOf(rolled)
  assert.equal(left.length, 4)
  assert.deepEqual(await clickhouse.query('SELECT * FROM event_mine'), [{ one: 1 }])
  assert.deepEqual(await clickhouse.query('SELECT * FROM event_other'), [{ two: 2 }])
  assert.ok(left.includes('event_table'))
})

test(
  'while the catalogue is being counted nothing is dropped, and plans get their views',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await catalogueIs(rolled, [{ event: 'a' }, { event: 'a', property: 'p', strings: 1 }])
    await makeViews(rolled)
    const standing = await viewsOf(rolled)
    await rolled.clickhouse.command('TRUNCATE TABLE catalogue')
    const plan = { file: 'b.json', event: 'b', description: null, properties: [] }
    const { made, changed, dropped, notes } = await makeViews(rolled, { plans: [plan] })
    assert.deepEqual([made, changed, dropped], [1, 0, []])
    assert.match(notes.join('\n'), /is still being counted.*npm run views/)
    assert.deepEqual(
      (await viewsOf(rolled)).filter(({ name }) => name === 'event_a'),
      standing,
    )
  },
)

test(
  'of 100,000 events the most frequent have views, those that have one keep it, and the rest is told',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      event: `name ${index}`,
      events: index + 1,
    }))
    await catalogueIs(rolled, [{ event: 'standing' }])
    await makeViews(rolled)
    await catalogueIs(rolled, [{ event: 'standing' }, ...many])
    const plan = { file: 'p.json', event: 'name 5', description: null, properties: [] }
    const startedAt = performance.now()
    const result = await makeViews(rolled, { plans: [plan], maxViews: 20 })
    assert.ok(performance.now() - startedAt < 60_000)
    assert.equal(result.made + result.unchanged, 22)
    assert.deepEqual(result.notes, [
      '99979 of 100001 events have no view: CLICKHOUSE_EVENT_VIEWS_MAX=20 allows no more; a tracking plan gives an event one in any case, and tracked has them all',
    ])
    const names = await namesOf(rolled)
    assert.ok(
      ['event_standing', 'event_name_5', 'event_name_99999'].every((name) => names.includes(name)),
    )
  },
)

test(
  'a flood of names keeps no view from events that become frequent, and what stands is told where it does',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const flood = (name: string, events: number): readonly Seen[] =>
      Array.from({ length: 5 }, (_, index) => ({ event: `${name}_${index}`, events }))
    await catalogueIs(rolled, flood('junk', 1))
    await makeViews(rolled, { maxViews: 5 })
    await catalogueIs(rolled, [...flood('junk', 1), ...flood('real', 10)])
    const { made, unchanged, notes } = await makeViews(rolled, { maxViews: 5 })
    assert.deepEqual({ made, unchanged, notes }, { made: 5, unchanged: 5, notes: [] })
    await catalogueIs(rolled, [...flood('junk', 1), ...flood('real', 10), { event: 'later', events: 20 }]) // prettier-ignore
    const full = await makeViews(rolled, { maxViews: 5 })
    assert.equal(full.made, 0)
    assert.match(
      full.notes.join('\n'),
      /^1 of 11 events have no view: .*\n"later" has no view although it is frequent: 10 events .* the rarest event_junk_4, event_junk_3/,
    )
    await rolled.clickhouse.command('DROP VIEW event_junk_4')
    assert.equal((await makeViews(rolled, { maxViews: 5 })).made, 1)
    assert.ok((await namesOf(rolled)).includes('event_later'))
  },
)

test(
  'properties whose names would make a statement too long for ClickHouse: the rarest have no column',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const long = (index: number): string => `${index}`.padEnd(150, '\u0001')
    await catalogueIs(rolled, [
      { event: 'e', events: 500 },
      ...Array.from({ length: 100 }, (_, index) => ({ event: 'e', property: long(index), events: 100 - index, objects: 1 })), // prettier-ignore
    ])
    const { made, failed, notes } = await makeViews(rolled)
    assert.deepEqual({ made, failed }, { made: 1, failed: [] })
    assert.match(notes.join('\n'), /^event_e: \d+ properties have no column/)
    const columns = await rolled.clickhouse.query<{ comment: string }>(
      `SELECT comment FROM system.columns
       WHERE database = {database:String} AND table = 'event_e' AND position(comment, '#property') > 0`,
      { database: rolled.clickhouse.database },
    )
    const shown = columns.map(({ comment }) => Number.parseInt(/#property "(\d+)/.exec(comment)?.[1] ?? '')) // prettier-ignore
    assert.ok(shown.length > 50 && shown.length < 100, String(shown.length))
    assert.deepEqual(new Set(shown), new Set(shown.keys()))
    assert.equal((await makeViews(rolled)).unchanged, 1)
  },
)

test(
  'an event with more properties than columns has the most frequent, and says so',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await catalogueIs(rolled, [
      { event: 'e', events: 500 },
      ...Array.from({ length: 150 }, (_, index) => ({ event: 'e', property: `p${index}`, events: index + 1, numbers: 1 })), // prettier-ignore
      { event: 'e', property: 'x'.repeat(2_000), events: 500, numbers: 1 },
    ])
    const { notes, failed } = await makeViews(rolled)
    assert.deepEqual(failed, [])
    assert.match(notes.join('\n'), /^event_e: 51 properties have no column \(at most 100/)
    await rolled.clickhouse.query('SELECT p149, p50 FROM event_e')
    await assert.rejects(rolled.clickhouse.query('SELECT p49 FROM event_e'))
  },
)

test('views that are made four times at once are made once', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  await catalogueIs(rolled, [
    { event: 'a' },
    { event: 'b' },
    { event: 'b', property: 'p', strings: 1 },
  ])
  const results = await Promise.all([1, 2, 3, 4].map(() => makeViews(rolled)))
  assert.deepEqual(
    results.flatMap(({ failed }) => failed),
    [],
  )
  assert.equal((await makeViews(rolled)).unchanged, 2)
})

test('a view that ClickHouse refuses is named, and the others are made', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  // The embedded engine refuses whatever looks like a call of the function `file`.
  await catalogueIs(rolled, [{ event: 'open file(1)' }, { event: 'good' }])
  const { made, failed } = await makeViews(rolled)
  assert.equal(made, 1)
  assert.match(
    failed.join('\n'),
    /^event_open_file_1_ is not as it should be: .*Not enough privileges/,
  )
})

test(
  'an event and its property are named as no statement may be, and have their view',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const event = "SELECT 1 INTO OUTFILE 'x'"
    await catalogueIs(rolled, [{ event }, { event, property: 'infile', strings: 1 }])
    const { made, failed } = await makeViews(rolled)
    assert.deepEqual([made, failed], [1, []])
  },
)
