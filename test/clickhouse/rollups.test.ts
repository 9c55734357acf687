// The rollups and the catalogue, compared with counts made without ClickHouse.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClickHouse } from '@custom-events/clickhouse'
import { eventually } from '../support/eventually.ts'
import { openRolledUp, type Copy } from '../support/rollups.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import { truthOf, type Truth } from './rollup-truth.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 290_000 }

const QUERIES: Readonly<Record<keyof Truth, string>> = {
  eventsDaily: `SELECT group_id, event, day, events, users FROM events_daily`,
  activeDaily: `SELECT group_id, day, events, users FROM active_users_daily`,
  activeWeekly: `SELECT group_id, week, events, users FROM active_users_weekly`,
  activeMonthly: `SELECT group_id, month, events, users FROM active_users_monthly`,
  catalogueEvents: `SELECT event, events, days, first_seen, last_seen FROM catalogue_events`,
  catalogueProperties: `
    WITH ['string', 'number', 'boolean', 'object', 'array', 'null'] AS names,
         [strings, numbers, booleans, objects, arrays, nulls] AS counts
    SELECT event, property, events, share,
           arrayStringConcat(arrayMap(t -> concat(t, ':', toString(counts[indexOf(names, t)])), arraySort(types)), ' ') AS told,
           first_seen, last_seen
    FROM catalogue_properties`,
}

async function told(clickhouse: ClickHouse): Promise<Truth> {
  const read = async (sql: string): Promise<readonly string[]> => {
    const rows = await clickhouse.query<Readonly<Record<string, string | number>>>(sql)
    const texts = rows.map((row) =>
      Object.entries(row).map(([name, value]) =>
        name === 'share' ? Number(value).toFixed(6) : String(value),
      ),
    )
    return texts.map((text) => text.join(' | ')).toSorted()
  }
  return {
    eventsDaily: await read(QUERIES.eventsDaily),
    activeDaily: await read(QUERIES.activeDaily),
    activeWeekly: await read(QUERIES.activeWeekly),
    activeMonthly: await read(QUERIES.activeMonthly),
    catalogueEvents: await read(QUERIES.catalogueEvents),
    catalogueProperties: await read(QUERIES.catalogueProperties),
  }
}

/** At most a few of the lines that only one of them has; none: they are equal. */
function differences(said: Truth, truth: Truth): readonly string[] {
  return TABLES.flatMap((table) => {
    const [here, there] = [new Set(said[table]), new Set(truth[table])]
    const wrong = said[table].filter((line) => !there.has(line)).map((line) => `said: ${line}`)
    const missing = truth[table].filter((line) => !here.has(line)).map((line) => `true: ${line}`)
    const doubled = said[table].length - here.size
    return [
      ...wrong.slice(0, 5),
      ...missing.slice(0, 5),
      ...(doubled > 0 ? [`${doubled} twice`] : []),
    ]
  })
}

const TABLES = Object.keys(QUERIES) as readonly (keyof Truth)[] // it has exactly these keys

/** Event number `index`: 20 accounts, 5 events, days around 1970 and in three months of 2026. */
function copyOf(index: number, change: Partial<Copy> = {}): Copy {
  const day = [Date.UTC(1969, 11, 31), Date.UTC(2026, 0, 30), Date.UTC(2026, 1, 28)][index % 3] ?? 0
  const at = day + (index % 4) * 86_400_000 + ((index * 7_919_017) % 86_400_000)
  return {
    group_id: `account_${(index * 7) % 20}`,
    event: `event_${index % 5}`,
    timestamp: new Date(at).toISOString().slice(0, 23).replace('T', ' '),
    event_id: `id-${index}`,
    user_id: index % 7 === 0 ? null : `user_${index % 31}`,
    anonymous_id: index % 7 === 0 ? `anonymous_${index % 11}` : null,
    properties: JSON.stringify({ plan: 'pro', ...valueOf(index) }),
    version: index,
    ...change,
  }
}

function valueOf(index: number): object {
  const values = [1, -2.5, 'text', true, false, null, { deep: 1 }, [1, 2], 1e300, '']
  return index % 3 === 0 ? {} : { value: values[index % values.length] }
}

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

test(
  'after updates, retries, a replay and a refill every count is the true one',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const sent: Copy[] = []
    const send = async (copies: readonly Copy[]): Promise<void> => {
      sent.push(...copies)
      await insert(copies)
    }
    const isTrue = async (): Promise<void> => {
      await refresh()
      assert.deepEqual(differences(await told(clickhouse), truthOf(sent)), [])
    }
    await send(numbers(0, 2_000).map((index) => copyOf(index)))
    await isTrue()

    const updates = numbers(0, 500).map((index) =>
      copyOf(index * 3, {
        user_id: `other_${index % 5}`,
        properties: '{"updated":true}',
        version: 10_000 + index,
      }),
    )
    await send(updates)
    await isTrue()

    await insert(updates) // a retry
    await insert(numbers(0, 300).map((index) => copyOf(index))) // a replay: older versions, once more
    await isTrue()

    await send(numbers(2_000, 2_200).map((index) => copyOf(index))) // more, on days that are counted
    await isTrue()

    await clickhouse.command('TRUNCATE TABLE events')
    await insert(sent.slice(1_000))
    await refresh()
    await insert(sent.slice(0, 1_000))
    await isTrue()
  },
)

test('a row that becomes visible minutes after its inserted_at is counted', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  const first = numbers(0, 10).map((index) => copyOf(index))
  await insert(first)
  await refresh()
  const [row] = await clickhouse.query<{ at: string }>(
    'SELECT toString(now64(3) - INTERVAL 4 MINUTE) AS at',
  )
  const late = copyOf(1, { group_id: 'late', event_id: 'late', set_inserted_at: row?.at ?? '' })
  await insert([late])
  await refresh()
  assert.deepEqual(differences(await told(clickhouse), truthOf([...first, late])), [])
})

test(
  'what was deleted on purpose leaves with the month in turn, or when a rollup is emptied',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh, empty, anHourPasses } = rolled
    const copies = numbers(0, 200).map((index) =>
      copyOf(index, {
        timestamp: `2026-03-0${1 + (index % 9)} 10:00:00.000`,
        set_inserted_at: '2026-03-10 00:00:00.000',
      }),
    )
    await insert(copies)
    await empty() // these were inserted long ago, as far as anybody can see
    await refresh()
    const remaining = copies.filter(
      ({ event, user_id }) => event !== 'event_1' && user_id !== 'user_3',
    )
    const erase = `DELETE FROM events WHERE event = 'event_1' OR user_id = 'user_3'`
    await clickhouse.command(erase)
    await refresh()
    assert.deepEqual(
      differences(await told(clickhouse), truthOf(copies)),
      [],
      'nothing new came for those days',
    )
    await anHourPasses()
    await refresh()
    assert.deepEqual(differences(await told(clickhouse), truthOf(remaining)), [])

    const last = remaining.filter(({ event }) => event !== 'event_2')
    await clickhouse.command(`DELETE FROM events WHERE event = 'event_2'`)
    await empty()
    await refresh()
    assert.deepEqual(differences(await told(clickhouse), truthOf(last)), [])
  },
)

test('a rollup whose filling was cut off is filled again', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  const copies = numbers(0, 50).map((index) =>
    copyOf(index, { set_inserted_at: '2026-03-10 00:00:00.000' }),
  )
  await refresh()
  await insert(copies)
  await refresh()
  assert.deepEqual((await told(clickhouse)).eventsDaily, [], 'as if they had been there at first')
  for (const [table, mark] of [
    ['rollup_daily', '2299-12-29'],
    ['catalogue_daily', '2299-12-30'],
  ]) {
    await clickhouse.command(
      `ALTER TABLE ${table} DELETE WHERE day = '${mark}' SETTINGS mutations_sync = 2`,
    )
  }
  const [row] = await clickhouse.query(
    "SELECT countIf(name LIKE '%daily' AND isNotNull(counted_until)) AS n FROM rollup_freshness",
  )
  assert.deepEqual(row, { n: '0' })
  await refresh()
  assert.deepEqual(differences(await told(clickhouse), truthOf(copies)), [])
})

test(
  'replicas that fill at the same time do not undo each other: one that ended is enough',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    await insert(numbers(0, 50).map((index) => copyOf(index)))
    await refresh()
    for (const [table, name] of [
      ['rollup_daily', 'group_id'],
      ['catalogue_daily', 'property'],
    ] as const) {
      const [own] = await clickhouse.query(
        `SELECT count() AS marks, uniqExact(day) AS days FROM ${table} FINAL
       WHERE event = '' AND ${name} = concat(char(0), hostName(), ' ', toString(serverUUID()))`,
      )
      assert.deepEqual(own, { marks: '2', days: '2' })
      const mark = (replica: string, day: string, second: number): Promise<void> =>
        clickhouse.command(
          `INSERT INTO ${table} (event, ${name}, day, refreshed_at)
         VALUES ('', concat(char(0), '${replica}'), '${day}', '2026-01-01 00:00:0${second}')`,
        )
      const isFilled = async (): Promise<unknown> => {
        const [row] = await clickhouse.query<{ filled: number }>(
          `SELECT isNotNull(counted_until) AS filled FROM rollup_freshness
         WHERE name = '${table === 'rollup_daily' ? 'daily' : table}'`,
        )
        return row?.filled
      }
      await mark('another', '2299-12-29', 9)
      assert.equal(await isFilled(), 1, 'another begins when this one has ended')

      await rolled.stop()
      await clickhouse.command(`TRUNCATE TABLE ${table}`)
      await mark('a', '2299-12-29', 1)
      await mark('b', '2299-12-29', 2)
      assert.equal(await isFilled(), 0)
      await mark('a', '2299-12-30', 1)
      assert.equal(await isFilled(), 1, 'the first has ended')
      await mark('a', '2299-12-29', 3)
      await mark('b', '2299-12-30', 2)
      assert.equal(await isFilled(), 1, 'the first began once more, the second has ended')
      await mark('b', '2299-12-29', 4)
      assert.equal(await isFilled(), 0, 'both were cut off')
    }
  },
)

test('a refresh that fails is told, moves no watermark, and is made up for', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  const copies = numbers(0, 100).map((index) => copyOf(index))
  await insert(copies.slice(0, 50))
  await refresh()
  const until = `SELECT counted_until FROM rollup_freshness WHERE name = 'daily'`
  const known = await clickhouse.query(until)
  await clickhouse.command(
    `ALTER TABLE rollup_daily ADD CONSTRAINT no CHECK group_id != 'account_1'`,
  )
  await insert(copies.slice(50))
  await clickhouse.command('SYSTEM REFRESH VIEW rollup_daily_refresh')
  await eventually(async () => {
    const [{ exception } = { exception: '' }] = await clickhouse.query<{ exception: string }>(
      `SELECT exception FROM system.view_refreshes
       WHERE database = currentDatabase() AND view = 'rollup_daily_refresh'`,
    )
    assert.match(exception, /VIOLATED_CONSTRAINT/)
  })
  assert.deepEqual(await clickhouse.query(until), known)
  await clickhouse.command('ALTER TABLE rollup_daily DROP CONSTRAINT no')
  await refresh()
  assert.deepEqual(differences(await told(clickhouse), truthOf(copies)), [])
})

test(
  'the catalogue shows no value of what a plan marks as personal, also of days counted before',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const properties = JSON.stringify({
      email: 'ann@example.com',
      address: { street: 'x' },
      plan: 'pro',
    })
    await insert([copyOf(1, { properties })])
    await refresh()
    const examples = async (): Promise<readonly object[]> =>
      clickhouse.query(
        `SELECT property, arrayStringConcat(examples, ' ') AS examples FROM catalogue_properties ORDER BY property`,
      )
    assert.deepEqual(await examples(), [
      { property: 'address', examples: '{"street":"x"}' },
      { property: 'email', examples: '"ann@example.com"' },
      { property: 'plan', examples: '"pro"' },
    ])
    await rolled.migrate({ personalProperties: ['address', 'email', "it's\\"] })
    assert.deepEqual(await examples(), [
      { property: 'address', examples: '' },
      { property: 'email', examples: '' },
      { property: 'plan', examples: '"pro"' },
    ])
    await rolled.migrate({ personalProperties: 'all' })
    await insert([copyOf(2, { properties: JSON.stringify({ plan: 'pro', phone: '123' }) })])
    await refresh()
    assert.deepEqual(
      (await examples())
        .map((row) => ({ examples: '', ...row }))
        .filter(({ examples: e }) => e !== ''),
      [],
    )
    const [stored] = await clickhouse.query(
      `SELECT count() AS n FROM catalogue_daily FINAL WHERE property = 'phone' AND notEmpty(examples)`,
    )
    assert.deepEqual(stored, { n: '0' })
  },
)

test(
  'the catalogue shows every row while it is summed up, and what is gone leaves with the mark',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert, refresh } = rolled
    const copies = numbers(0, 200).map((index) => copyOf(index))
    await insert(copies)
    await refresh()
    await rolled.stop()
    const writes = (which: string): Promise<void> =>
      clickhouse.command(
        `INSERT INTO catalogue SELECT * REPLACE (refreshed_at + INTERVAL 1 SECOND AS refreshed_at)
       FROM catalogue FINAL WHERE ${which}`,
      )
    await writes(`event IN ('event_1', 'event_3') OR (event = 'event_4' AND property != '')`)
    assert.deepEqual(differences(await told(clickhouse), truthOf(copies)), [])
    await writes(`event IN ('event_0', '') OR (event = 'event_4' AND property = '')`)
    const { catalogueEvents, catalogueProperties } = truthOf(
      copies.filter(({ event }) => event !== 'event_2'),
    )
    const said = await told(clickhouse)
    assert.deepEqual(said.catalogueEvents, catalogueEvents)
    assert.deepEqual(said.catalogueProperties, catalogueProperties)
  },
)

test('an example is cut between characters, not within one', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  await insert([copyOf(1, { properties: JSON.stringify({ city: `a${'ü'.repeat(200)}` }) })])
  await refresh()
  const [row] = await clickhouse.query(`SELECT examples[1] AS example FROM catalogue_properties`)
  assert.deepEqual(row, { example: `"a${'ü'.repeat(78)}` })
})

test('a property of every type, names like SQL and 100,000 names do no harm', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert, refresh } = rolled
  const sql = `'); DROP TABLE events; -- \\`
  const odd = numbers(0, 40).map((index) =>
    copyOf(index, {
      event: sql,
      properties: JSON.stringify({
        [sql]: [1, 'a', true, null, {}, []][index % 6],
        '': 1,
        'a\n{}"': 2,
      }),
    }),
  )
  await insert(odd)
  await refresh()
  const shown = odd.map((copy) => ({
    ...copy,
    properties: JSON.stringify({ ...(JSON.parse(copy.properties) as object), '': undefined }),
  }))
  assert.deepEqual(differences(await told(clickhouse), truthOf(shown)), [])

  const day = '2026-05-05 05:05:05.000'
  const next = '2026-05-06 05:05:05.000'
  const names = numbers(0, 100_000)
  await insert(names.map((n) => copyOf(n, { event: `name ${n}`, timestamp: day })))
  const thousand = (n: number): readonly number[] => numbers(n * 100, n * 100 + 100)
  await insert(
    numbers(0, 1_000).map((n) => {
      const properties = Object.fromEntries([
        ['known', 1],
        ...thousand(n).map((key) => [`key ${key}`, key]),
      ])
      return copyOf(n, { event: 'many', timestamp: next, properties: JSON.stringify(properties) })
    }),
  )
  await refresh()
  const [row] = await clickhouse.query(
    `SELECT countIf(day = '2026-05-05' AND property = '') AS names, countIf(event = 'many' AND property != '') AS properties,
            countIf(event = 'many' AND property = 'known' AND events = 1000) AS known
     FROM catalogue_daily FINAL WHERE day BETWEEN '2026-05-05' AND '2026-05-06'`,
  )
  assert.deepEqual(row, { names: '100000', properties: '200', known: '1' })
  const [counted] = await clickhouse.query(
    `SELECT sum(events) AS events, uniqExact(event) AS names FROM events_daily WHERE day >= '2026-05-05'`,
  )
  assert.deepEqual(counted, { events: '101000', names: '100001' })
})

test(
  'user_timeline has what tracked has of a user, also when an update took an event away',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse, insert } = rolled
    const copies = numbers(0, 2_000).map((index) => copyOf(index))
    await insert(copies)
    await insert(
      copies.slice(0, 400).map((copy) => ({ ...copy, user_id: 'thief', version: 9_000 })),
    )
    for (const user of ['user_3', 'thief', 'nobody', `o'"\\`]) {
      const of = (from: string): Promise<readonly object[]> =>
        clickhouse.query(`SELECT * FROM ${from} ORDER BY ALL`, { user })
      const timeline = await of('user_timeline(user_id = {user:String})')
      assert.deepEqual(timeline, await of('tracked WHERE user_id = {user:String}'))
      assert.equal(timeline.length > 0, ['user_3', 'thief'].includes(user))
    }
  },
)

test('every view, and every column that can have one, has a comment', async () => {
  await using rolled = await openRolledUp(stack)
  const bare = await rolled.clickhouse.query(
    `SELECT name, '' AS column FROM system.tables
     WHERE database = currentDatabase() AND engine = 'View' AND comment = ''
     UNION ALL
     SELECT columns.table, columns.name FROM system.columns AS columns
     JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
     WHERE columns.database = currentDatabase() AND tables.engine = 'View' AND columns.comment = ''`,
  )
  assert.deepEqual(bare, [])
})

test('a month that nothing comes to becomes one part', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse, insert } = rolled
  const [made] = await clickhouse.query<{ sql: string }>(
    `SELECT create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
  )
  assert.match(made?.sql ?? '', /min_age_to_force_merge_seconds = 21600/)
  assert.match(made?.sql ?? '', /enable_max_bytes_limit_for_min_age_to_force_merge = (1|true)/)
  await clickhouse.command('ALTER TABLE events MODIFY SETTING min_age_to_force_merge_seconds = 1')
  for (const from of [0, 300, 600]) {
    await insert(numbers(from, from + 300).map((index) => copyOf(index)))
  }
  await eventually(
    async () => {
      const parts = await clickhouse.query(
        `SELECT partition FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'
         GROUP BY partition HAVING count() > 1`,
      )
      assert.deepEqual(parts, [])
    },
    { withinMs: 120_000 },
  )
})
