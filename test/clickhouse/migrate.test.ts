import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  ClickHouseFailure,
  HotPropertyError,
  migrate,
  MigrationError,
  type ClickHouse,
} from '@custom-events/clickhouse'
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

async function schemaOf(clickhouse: ClickHouse): Promise<readonly object[]> {
  return clickhouse.query(
    `SELECT name, replaceAll(create_table_query, {database:String}, '') AS made
     FROM system.tables WHERE database = {database:String} AND name NOT LIKE '.inner%' ORDER BY name`,
    { database: clickhouse.database },
  )
}

test('a second run applies nothing and changes nothing', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  const first = await migrate({ clickhouse, log })
  const made = await schemaOf(clickhouse)
  assert.equal(first.applied, first.total)
  assert.deepEqual(await migrate({ clickhouse, log }), { applied: 0, total: first.total })
  assert.deepEqual(await schemaOf(clickhouse), made)
})

test('four runs at once end in the same schema, each file recorded once', async () => {
  await using alone = ownDatabase(stack, 'migrate')
  const { total } = await migrate({ clickhouse: alone, log })
  await using clickhouse = ownDatabase(stack, 'migrate')
  await Promise.all([1, 2, 3, 4].map(() => migrate({ clickhouse, log })))
  assert.deepEqual(await schemaOf(clickhouse), await schemaOf(alone))
  const [row] = await clickhouse.query('SELECT count() AS n FROM migrations FINAL')
  assert.deepEqual(row, { n: String(total) })
})

test('a run that broke off half-way is completed by the next', async () => {
  await using whole = ownDatabase(stack, 'migrate')
  await migrate({ clickhouse: whole, log })
  const statements = 15
  for (let broken = 1; broken <= statements; broken += 2) {
    await using clickhouse = ownDatabase(stack, 'migrate')
    let left = broken
    const failing: ClickHouse = {
      ...clickhouse,
      command: async (sql, params) => {
        if (--left < 0) throw new Error('killed')
        await clickhouse.command(sql, params)
      },
    }
    await assert.rejects(migrate({ clickhouse: failing, log }), /killed/)
    await migrate({ clickhouse, log })
    assert.deepEqual(await schemaOf(clickhouse), await schemaOf(whole))
  }
})

test('a file that was changed or removed after it was applied is refused by name', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'custom-events-migrations-'))
  t.after(() => rmSync(dir, { recursive: true }))
  cpSync(new URL('../../schemas/clickhouse/', import.meta.url), dir, { recursive: true })
  const url = pathToFileURL(`${dir}/`)
  await using clickhouse = ownDatabase(stack, 'migrate')
  writeFileSync(join(dir, '0099_more.sql'), "SELECT 'a;b -- c'; SELECT 2;")
  await migrate({ clickhouse, log, dir: url })
  appendFileSync(join(dir, '0002_rejected_events.sql'), '\n-- a thought')
  rmSync(join(dir, '0099_more.sql'))
  await assert.rejects(migrate({ clickhouse, log, dir: url }), (error) => {
    assert.ok(error instanceof MigrationError)
    assert.match(error.message, /0002_rejected_events\.sql was changed/)
    assert.match(error.message, /0099_more\.sql was applied but is not here/)
    return true
  })
})

test('hot properties become columns of table, view and probe table; what does not fit is NULL', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  const amount = { property: 'amount', type: 'Float64', comment: 'An amount.' }
  const seats = { property: 'seat count', column: 'seats', type: 'Int8', comment: 'Seats.' }
  const plan = { property: 'plan', type: 'LowCardinality(String)', comment: "The plan's name." }
  await migrate({ clickhouse, log, hotProperties: [amount] })
  await migrate({ clickhouse, log, hotProperties: [amount, seats, plan] })
  const samples: readonly (readonly [string, object])[] = [
    ['{"amount":12.5,"seat count":3,"plan":"pro"}', { amount: 12.5, seats: 3, plan: 'pro' }],
    ['{}', { amount: null, seats: null, plan: null }],
    ['{"amount":"1e3","seat count":300,"plan":7}', { amount: null, seats: null, plan: null }],
    ['{"amount":1e999,"plan":"pro"}', { amount: null, seats: null, plan: null }],
    ['{"amount":"much","seat count":2.5,"plan":null}', { amount: null, seats: null, plan: null }],
  ]
  for (const [index, [properties, expected]] of samples.entries()) {
    await clickhouse.command(
      `INSERT INTO events (event_id, properties) VALUES ({id:String}, {properties:String})`,
      { id: String(index), properties },
    )
    const rows = await clickhouse.query<object>(
      'SELECT amount, seats, plan FROM tracked WHERE event_id = {id:String}',
      { id: String(index) },
    )
    assert.deepEqual(rows, [expected], properties)
  }
  const [probe] = await clickhouse.query(
    `SELECT count() AS n FROM system.columns WHERE database = {database:String}
       AND table = 'events_probe' AND name IN ('amount', 'seats', 'plan')`,
    { database: clickhouse.database },
  )
  assert.deepEqual(probe, { n: '3' })
})

test('a time in a hot column is UTC for whoever asks, also one of an older release', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  const hotProperties = [{ property: 'at', type: 'DateTime64(3)', comment: '' }]
  await migrate({ clickhouse, log, hotProperties })
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, properties)
     VALUES ('g', 'e', now64(3), 'i', '{"at":"2026-01-31T09:30:00.123Z"}')`,
  )
  const shown = async (): Promise<unknown> => {
    const [row] = await clickhouse.query(
      `SELECT toString(at) AS text, toHour(at) AS hour, at = '2026-01-31 09:30:00.123' AS is_same FROM tracked
       SETTINGS session_timezone = 'Asia/Kolkata'`,
    )
    return row
  }
  const expected = { text: '2026-01-31 09:30:00.123', hour: 9, is_same: 1 }
  assert.deepEqual(await shown(), expected)
  await clickhouse.command('ALTER TABLE events MODIFY COLUMN at Nullable(DateTime64(3))')
  await migrate({ clickhouse, log, hotProperties })
  assert.deepEqual(await shown(), expected)
  const [column] = await clickhouse.query(
    `SELECT type, default_kind FROM system.columns
     WHERE database = {database:String} AND table = 'events' AND name = 'at'`,
    { database: clickhouse.database },
  )
  assert.deepEqual(column, { type: "Nullable(DateTime64(3, 'UTC'))", default_kind: 'MATERIALIZED' })
})

test('a hot column is NULL unless the JSON type fits, and nothing that is sent makes an insert fail', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  const types = {
    text: 'String',
    word: 'LowCardinality(String)',
    flag: 'Bool',
    number: 'Float64',
    whole: 'Int64',
    small: 'UInt8',
    money: 'Decimal(18, 2)',
    id: 'UUID',
    moment: 'DateTime64(3)',
  }
  const hotProperties = Object.entries(types).map(([column, type]) => {
    return { property: 'v', column, type, comment: '' }
  })
  await migrate({ clickhouse, log, hotProperties })
  const uuid = '018bcfe5-6800-7000-8000-000000000000'
  const fitting: readonly (readonly [string, object])[] = [
    ['true', { flag: true }],
    ['false', { flag: false }],
    ['null', {}],
    ['0', { number: 0, whole: '0', small: 0, money: 0 }],
    ['300', { number: 300, whole: '300', money: 300 }],
    ['-1', { number: -1, whole: '-1', money: -1 }],
    ['2.5', { number: 2.5, money: 2.5 }],
    ['1e3', { number: 1_000, whole: '1000', money: 1_000 }],
    ['0.1234567890123456789', { number: 0.123_456_789_012_345_68, money: 0.12 }],
    ['18446744073709551615', { number: 18_446_744_073_709_552_000 }],
    ['-9223372036854775808', { number: -9_223_372_036_854_775_808, whole: '-9223372036854775808' }],
    ['1.7976931348623157e308', { number: 1.797_693_134_862_315_7e308 }],
    ['1700000000', { number: 1.7e9, whole: '1700000000', money: 1.7e9 }],
    ['"12.50"', { text: '12.50', word: '12.50' }],
    ['"true"', { text: 'true', word: 'true' }],
    ['""', { text: '', word: '' }],
    [
      String.raw`"\u0000\ud83d\ude00\"\\\n\u2028"`,
      { text: '\0😀"\\\n\u2028', word: '\0😀"\\\n\u2028' },
    ],
    [`"${uuid}"`, { text: uuid, word: uuid, id: uuid }],
    ['{"v":1}', {}],
    ['[1]', {}],
    ['[]', {}],
  ]
  const times: readonly (readonly [string, string | undefined])[] = [
    ['2026-01-31T09:30:00.123Z', '2026-01-31 09:30:00.123'],
    ['2026-01-31 09:30:00+01:00', '2026-01-31 08:30:00.000'],
    ['2026-01-31', '2026-01-31 00:00:00.000'],
    ['1700000000', undefined],
    ['12', undefined],
    ['2026-99-31', undefined],
  ]
  const samples = [
    ...fitting,
    ...times.map(([text, moment]) => {
      return [
        `"${text}"`,
        { text, word: text, ...(moment === undefined ? {} : { moment }) },
      ] as const
    }),
  ]
  await clickhouse.command(
    `INSERT INTO events (event_id, properties)
     SELECT toString(number), sample FROM (SELECT {samples:Array(String)} AS samples)
     ARRAY JOIN samples AS sample, arrayEnumerate(samples) AS number`,
    { samples: samples.map(([value]) => `{"v":${value}}`) },
  )
  const rows = await clickhouse.query<{ readonly event_id: string }>(
    `SELECT event_id, text, word, flag, number, whole, small, money, id,
            toString(toTimeZone(moment, 'UTC')) AS moment
     FROM events ORDER BY toUInt32(event_id)`,
  )
  assert.equal(rows.length, samples.length)
  for (const [index, [value, expected]] of samples.entries()) {
    const { event_id: _, ...row } = rows[index] ?? {}
    const none = Object.fromEntries(Object.keys(types).map((column) => [column, null]))
    assert.deepEqual(row, { ...none, ...expected }, value)
  }
})

test('a hot property with a changed type, or the name of a real column, is refused', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  const hot = (type: string, column: string) => [{ property: 'p', column, type, comment: '' }]
  await migrate({ clickhouse, log, hotProperties: hot('String', 'p') })
  for (const changed of [hot('Float64', 'p'), hot('String', 'user_id')]) {
    await assert.rejects(migrate({ clickhouse, log, hotProperties: changed }), HotPropertyError)
  }
})

test('a column that is filled from one property is none of another, whatever that is called', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  const odd = String.raw`it's \ ` + '\n\f'
  const hot = (property: string) => [{ property, column: 'p', type: 'String', comment: '' }]
  await migrate({ clickhouse, log, hotProperties: hot(odd) })
  await migrate({ clickhouse, log, hotProperties: hot(odd) })
  await assert.rejects(migrate({ clickhouse, log, hotProperties: hot('tier') }), {
    name: 'HotPropertyError',
    message: /p is filled from the property "it's .* in the table and declared of "tier": give/,
  })
})

test('the error of a missing table carries its code', async () => {
  await using clickhouse = ownDatabase(stack, 'migrate')
  await migrate({ clickhouse, log })
  const insert = { table: 'nowhere', columns: ['a'], block: Buffer.from([0, 0]) }
  await assert.rejects(clickhouse.insertNative(insert), (error) => {
    assert.ok(error instanceof ClickHouseFailure)
    assert.equal(error.failure.code, 60)
    return true
  })
})
