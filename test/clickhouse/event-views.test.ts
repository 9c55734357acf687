// What a view of an event shows, and that nothing that is sent breaks one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { allHotProperties, type PlannedEvent } from '@custom-events/clickhouse'
import { openRolledUp } from '../support/rollups.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import { catalogueIs, makeViews, rowOf, viewsOf, type Seen } from './event-views.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 290_000 }

const planOf = (
  event: string,
  kinds: Readonly<Record<string, PlannedEvent['properties'][number]['kind']>>,
): PlannedEvent => ({
  file: `${event}.json`,
  event,
  description: 'An event.',
  properties: Object.entries(kinds).map(([property, kind]) => ({
    property,
    kind,
    description: null,
  })),
})

test(
  'an event has a view with a typed column for each property: of its plan, else as it was seen',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const at = '2026-01-31T09:30:00.123Z'
    await insert([
      rowOf('feature_used', { feature_name: 'x', duration_ms: 7, at, beta: true, email: 'a@b.c' }),
      rowOf('feature_used', { feature_name: 3, duration_ms: 'long', at: 'soon', beta: 'no' }, '2'),
      rowOf('Page Viewed', { path: '/', 'scroll.depth': 0.5, tags: ['a'], seen: false }),
    ])
    await insert([{ ...rowOf('feature_used', { duration_ms: 1 }), version: 0 }]) // an older copy of the first
    await refresh()
    const plan = planOf('feature_used', {
      feature_name: 'string',
      duration_ms: 'integer',
      at: 'time',
      never: 'number',
    })
    const result = await makeViews(rolled, {
      plans: [plan],
      hotProperties: allHotProperties([]),
      personalProperties: ['email'],
    })
    assert.deepEqual({ ...result, notes: [] }, { made: 2, changed: 0, unchanged: 0, dropped: [], failed: [], notes: [] }) // prettier-ignore
    assert.deepEqual(
      await clickhouse.query(
        `SELECT group_id, user_id, event_id, feature_name, duration_ms, toString(at) AS moment, beta, email, never
       FROM event_feature_used ORDER BY event_id`,
      ),
      [
        { group_id: 'acme', user_id: 'ann', event_id: '1', feature_name: 'x', duration_ms: '7', moment: '2026-01-31 09:30:00.123', beta: 'true', email: 'a@b.c', never: null }, // prettier-ignore
        { group_id: 'acme', user_id: 'ann', event_id: '2', feature_name: null, duration_ms: null, moment: null, beta: 'no', email: null, never: null }, // prettier-ignore
      ],
    )
    assert.deepEqual(
      await clickhouse.query('SELECT path, scroll_depth, tags, seen FROM event_page_viewed'),
      [{ path: '/', scroll_depth: 0.5, tags: '["a"]', seen: false }],
    )
    const columns = await clickhouse.query<{ name: string; type: string; comment: string }>(
      `SELECT name, type, comment FROM system.columns
     WHERE database = {database:String} AND table = 'event_feature_used'`,
      { database: clickhouse.database },
    )
    assert.ok(columns.every(({ comment }) => comment !== ''))
    const typeOf = Object.fromEntries(columns.map(({ name, type }) => [name, type]))
    assert.equal(typeOf['duration_ms'], 'Nullable(Int64)')
    assert.equal(typeOf['feature_name'], 'LowCardinality(Nullable(String))')
    assert.match(columns.find(({ name }) => name === 'email')?.comment ?? '', /Personal data\./)
    const views = await viewsOf(rolled)
    assert.match(
      views[0]?.comment ?? '',
      /^An event\. Each event once.*: change the plan, not the view\./,
    )
    assert.match(views[1]?.comment ?? '', /^Each event once.*: make one of your own over it\./)
  },
)

test(
  'a plan whose types do not fit what arrives is told with figures, and its view shows the rest',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    await catalogueIs(rolled, [
      { event: 'e', events: 1_000 },
      { event: 'e', property: 'seats', events: 1_000, numbers: 960, strings: 40 },
    ])
    const { notes } = await makeViews(rolled, { plans: [planOf('e', { seats: 'integer' })] })
    assert.deepEqual(notes, [
      'event_e.seats is Nullable(Int64), as e.json says, but there are 40 strings in "seats": NULL in the column, as sent in properties',
    ])
  },
)

const HOSTILE = [
  "'; DROP TABLE events; --",
  "\\'; DROP TABLE events; --",
  '${ON_CLUSTER}',
  '{x:String}',
  'a\nb\t"c" `d` \\e',
  'select',
  'FROM',
  '日本語',
  '👩‍👩‍👧',
  'a.b.c',
  '%s %d',
  '#event-view 0123456789abcdef "x"',
  'ends with #property ',
  'ends with #event-view 0123456789abcdef ',
  'line\u2028separator',
  'paragraph\u2029separator',
  '/* comment',
  'ends with a backslash \\',
  "ends with a quote '",
  'timestamp',
  'kafka_generation',
  '_part',
  '_table',
  'x'.repeat(140),
]

test(
  'events and properties of any name have a view and columns that hold what was sent',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const properties = Object.fromEntries(HOSTILE.map((name, index) => [name, `value ${index}`]))
    await insert(HOSTILE.map((event) => rowOf(event, properties)))
    await refresh()
    const { failed, made } = await makeViews(rolled)
    assert.deepEqual(failed, [])
    assert.equal(made, HOSTILE.length)
    const events: string[] = []
    for (const { name } of await viewsOf(rolled)) {
      const [row = {}] = await clickhouse.query<Record<string, unknown>>(`SELECT * FROM ${name}`)
      events.push(String(row['event']))
      const held = Object.values(row).filter((value) => /^value \d+$/.test(String(value)))
      assert.deepEqual(new Set(held), new Set(Object.values(properties)), name)
      assert.equal(row['timestamp'], '2026-03-01 10:00:00.000')
    }
    assert.deepEqual(events.toSorted(), HOSTILE.toSorted())
    assert.equal((await makeViews(rolled)).unchanged, HOSTILE.length)
  },
)

test(
  'a property of every type and form is a column of text that holds each value',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const values =
      `"text" "" "7" 7 -7 0.1 1e300 true false {} {"a":1} {"a":{"b":[1]}} [] [1] ["a","b"] [{}] "2026-01-31"
    "2026-01-31T10:00:00Z" "018bcfe5-6800-7000-8000-000000000000" "null" "é😀" "\\u0000\\n\\"" null "true" "[1]" "{}" 0
    [[]] [null] {"":""} "'" "\\\\" 18446744073709551615 -9223372036854775808 9007199254740993`.split(
        /\s+/,
      )
    await insert(values.map((value, index) => rowOf('e', `{"p":${value}}`, String(index))))
    await insert([rowOf('e', '{}', 'absent')])
    await refresh()
    await makeViews(rolled)
    const rows = await clickhouse.query<{ id: string; p: string | null; type: string }>(
      'SELECT event_id AS id, p, toTypeName(p) AS type FROM event_e',
    )
    const textById = new Map(rows.map(({ id, p }) => [id, p]))
    for (const [index, value] of values.entries()) {
      const sent: unknown = JSON.parse(value)
      const expected = typeof sent === 'string' ? sent : sent === null ? null : value
      assert.equal(textById.get(String(index)), expected, value)
    }
    assert.equal(textById.get('absent'), null)
    assert.equal(rows[0]?.type, 'Nullable(String)')
  },
)

test(
  'a property whose type changes leaves its view whole, and the change is told',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert } = rolled
    const seen = (change: Partial<Seen>): readonly Seen[] => [
      { event: 'e', events: 1_000 },
      { event: 'e', property: 'p', events: 1_000, ...change },
    ]
    await insert([rowOf('e', { p: 7 }), rowOf('e', { p: 'seven' }, '2')])
    const shown = (): Promise<object[]> =>
      clickhouse.query('SELECT p, toTypeName(p) AS type FROM event_e ORDER BY event_id')
    await catalogueIs(rolled, seen({ numbers: 1_000 }))
    await makeViews(rolled)
    const typed = { type: 'Nullable(Float64)' }
    assert.deepEqual(await shown(), [
      { p: 7, ...typed },
      { p: null, ...typed },
    ])
    await catalogueIs(rolled, seen({ numbers: 970, strings: 30 }))
    assert.equal((await makeViews(rolled)).unchanged, 1)
    await catalogueIs(rolled, seen({ numbers: 500, strings: 500 }))
    const { notes } = await makeViews(rolled)
    assert.deepEqual(notes, ['event_e.p: was Nullable(Float64), is Nullable(String) now'])
    const text = { type: 'Nullable(String)' }
    assert.deepEqual(await shown(), [
      { p: '7', ...text },
      { p: 'seven', ...text },
    ])
  },
)

test(
  'a hot column of another name is the property’s, whatever the property of that name is',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const hotProperties = [
      { property: 'price', column: 'cost', type: 'Float64', comment: 'Price.' },
    ]
    await rolled.migrate({ hotProperties })
    await insert([rowOf('e', { price: 1.5, cost: 'two', kafka_offset: 'three' })])
    await refresh()
    await makeViews(rolled, { hotProperties })
    assert.deepEqual(
      await clickhouse.query('SELECT price, cost, property_kafka_offset AS offset FROM event_e'),
      [{ price: 1.5, cost: 'two', offset: 'three' }],
    )
  },
)

test(
  'a hot property that is declared anew is shown as its column is until setup',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert } = rolled
    const seats = (type: string) => [{ property: 'seats', type, comment: 'Seats.' }]
    await rolled.migrate({ hotProperties: seats('Float64') })
    await insert([rowOf('e', { seats: 2.5 })])
    await catalogueIs(rolled, [{ event: 'e' }, { event: 'e', property: 'seats', numbers: 1 }])
    await makeViews(rolled, { hotProperties: seats('Float64') })
    const { notes, changed } = await makeViews(rolled, { hotProperties: seats('Int64') })
    assert.deepEqual(notes, [
      'seats is Nullable(Float64) in tracked and declared Nullable(Int64): views show it as it is; setup says what to do',
    ])
    assert.equal(changed, 0)
    assert.deepEqual(await clickhouse.query('SELECT seats FROM event_e'), [{ seats: 2.5 }])
  },
)

test('a view reads no more of the table than the same question to tracked', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse } = rolled
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, properties)
     SELECT concat('account ', toString(number % 50)), concat('e', toString(cityHash64(number) % 40)),
            toDateTime64('2026-03-01 00:00:00', 3, 'UTC') + number, toString(number), '{"n":1}'
     FROM numbers(400000)`,
  )
  await catalogueIs(rolled, [{ event: 'e7' }, { event: 'e7', property: 'n', numbers: 1 }])
  await makeViews(rolled)
  const granules = async (sql: string): Promise<readonly string[]> => {
    const lines = await clickhouse.query<{ explain: string }>(`EXPLAIN indexes = 1 ${sql}`)
    const text = lines.map(({ explain }) => explain).join('\n')
    return [...text.matchAll(/Granules: \d+\/\d+/g)].map(([figure]) => figure)
  }
  const byHand = "SELECT sum(JSONExtractFloat(properties, 'n')) FROM tracked WHERE event = 'e7'"
  const view = 'SELECT sum(n) FROM event_e7'
  assert.deepEqual(await granules(view), await granules(byHand))
  const account = "group_id = 'account 7' AND timestamp < '2026-03-02'"
  const [found, sought] = [await granules(`${view} WHERE ${account}`), await granules(`${byHand} AND ${account}`)] // prettier-ignore
  assert.match(found.at(-1) ?? '', /^Granules: [1-3]\//)
  assert.deepEqual(found, sought)
})
