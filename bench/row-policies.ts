import { addAccount, createClickHouse, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { startClickHouse } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import type { Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { median } from './quantile.ts'
import { interleaved } from './rounds.ts'

const DATABASE = 'custom_events'
const ACCOUNTS = 300
const INSERTS = 20
const ROWS = { full: 3_000_000, tiny: 30_000 }
/** Asked so often in one round: what is fast is measured nevertheless. */
const TIMES = 5

/** Questions about one account: WHERE is its condition, or nothing where a row policy says the same. */
const QUESTIONS: Readonly<Record<string, string>> = {
  'its events': 'SELECT count() FROM tracked WHERE',
  'events by name and day':
    'SELECT event, toDate(timestamp) AS day, count() FROM tracked WHERE GROUP BY event, day',
  'active users': 'SELECT uniqExact(user_id) FROM tracked WHERE',
  'one event, by property':
    "SELECT JSONExtractString(properties, 'feature_name') AS f, count() FROM tracked WHERE event = 'feature_3' GROUP BY f",
  'last events': 'SELECT * FROM tracked WHERE ORDER BY timestamp DESC LIMIT 100',
  'rollup by day': 'SELECT day, sum(events) FROM events_daily WHERE GROUP BY day',
}

type Asker = Pick<ClickHouse, 'query'> & AsyncDisposable

/** What a row policy costs: the questions of an account, as its login asks them and as a reader does with the same condition. */
export async function benchRowPolicies(options: BenchOptions): Promise<Figures> {
  const rows = options.isTiny ? ROWS.tiny : ROWS.full
  await using server = await startClickHouse({ database: DATABASE })
  const as = (environment: typeof server.environment): ClickHouse =>
    createClickHouse({ ...environment, CLICKHOUSE_DATABASE: DATABASE })
  await using full = as(server.environment)
  await fill(full, rows)
  const { login, password } = await addAccount(full, 'account_7', { onCluster: '' })
  await using account = as({
    ...server.environment,
    CLICKHOUSE_USER: login,
    CLICKHOUSE_PASSWORD: password,
  })
  await using reader = as(server.as('reader'))
  const cases = Object.entries(QUESTIONS).flatMap(
    ([name, sql]) =>
      [
        [`${name}, reader`, () => ask(reader, conditioned(sql, "group_id = 'account_7'"))],
        [`${name}, account`, () => ask(account, conditioned(sql, ''))],
      ] as const,
  )
  const seen = await interleaved(Object.fromEntries(cases), options, (ms) => `${ms.toFixed(1)} ms`)
  return figures(seen, rows)
}

/** The question with a condition more, or with none. */
function conditioned(sql: string, condition: string): string {
  const [before = '', after = ''] = sql.split(/WHERE/)
  const own = /^ event = '\w+'/.exec(after)?.[0] ?? ''
  const all = [condition, own.trim()].filter((each) => each !== '').join(' AND ')
  return `${before}${all === '' ? '' : `WHERE ${all}`}${after.slice(own.length)}`
}

async function ask(clickhouse: Asker, sql: string): Promise<number> {
  const walls: number[] = []
  for (let time = 0; time < TIMES; time++) {
    const startedAt = performance.now()
    await clickhouse.query(sql)
    walls.push(performance.now() - startedAt)
  }
  return median(walls)
}

/** A year of events of 300 accounts, the first of them with the most, in as many parts as inserts leave. */
async function fill(clickhouse: ClickHouse, rows: number): Promise<void> {
  await migrate({ clickhouse, log: createLogger({ service: 'bench', level: 'error' }) })
  const count = Math.ceil(rows / INSERTS)
  for (let insert = 0; insert < INSERTS; insert++) {
    await clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, event_id, user_id, set_received_at, properties, context, extra, source,
         kafka_partition, version)
       SELECT concat('account_', toString(toUInt32(${ACCOUNTS} * pow(rand64(1) / 18446744073709551615, 2)))),
         concat('feature_', toString(rand(2) % 20)), at, toString(generateUUIDv4()), concat('user_', toString(rand(3) % 5000)), at,
         concat('{"feature_name":"', toString(rand(4) % 40), '"}'), '{}', '{}', '', number % 12, number
       FROM (SELECT number, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(number * 31536000 / {rows:UInt64}) AS at
             FROM numbers({from:UInt64}, {count:UInt64}))`,
      { rows, from: insert * count, count },
    )
  }
  await clickhouse.command('SYSTEM REFRESH VIEW rollup_daily_refresh')
  await clickhouse.command('SYSTEM WAIT VIEW rollup_daily_refresh').catch(() => {}) // slow: then it is less full
}

function figures(seen: Readonly<Record<string, readonly number[]>>, total: number): Figures {
  const rows = Object.keys(QUESTIONS).map((name) => {
    const of = (who: string): number => median(seen[`${name}, ${who}`] ?? [])
    return [name, of('reader'), of('account'), of('account') / of('reader')]
  })
  return {
    tables: [
      {
        name: 'row-policies',
        columns: ['question', 'reader, ms', 'login of the account, ms', 'times'],
        rows,
      },
    ],
    plots: [],
    ratios: {},
    notes: [
      `${total.toLocaleString('en-US')} events of ${ACCOUNTS} accounts and 12 months, as inserted; the reader names the account in its WHERE, ` +
        `the login of the account does not. Medians of ${TIMES} in each of the rounds, which take turns. ClickHouse is the embedded engine.`,
    ],
  }
}
