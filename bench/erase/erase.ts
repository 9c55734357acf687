import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClickHouse, type ClickHouse } from '@custom-events/clickhouse'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { startStack } from '@custom-events/embedded'
import type { Figures } from '../figures.ts'
import type { BenchOptions } from '../options.ts'

const ACCOUNTS = 5_000
const MONTHS = 13
const ROWS_OF_INSERT = 250_000
/** Rows of whom is erased, over all months. */
const OF_ONE_USER = 1_000
const DATABASE = 'bench_erase'
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** How long it takes until somebody is hidden, and until they are gone, in a table of `--records` rows. */
export async function benchErase({ records, say }: BenchOptions): Promise<Figures> {
  await using stack = await startStack()
  const environment = { ...stack.environment, CLICKHOUSE_DATABASE: DATABASE }
  const { config, log } = readSetupConfig({ ...environment, LOG_LEVEL: 'error' })
  await setUp(config, log, () => {})
  await using clickhouse = createClickHouse(config)
  await fill(clickhouse, records, say)
  await untilRolledUp(clickhouse, say)
  const rows: (string | number)[][] = []
  for (const [who, args] of [
    ['a user, 1,000 events over 13 months', ['--user', 'user_rare', '--in-all-accounts']],
    ['an account, its share of all events', ['--group', 'account_1']],
  ] as const) {
    const before = await countRows(clickhouse)
    const took = await erase(args, environment, say)
    const after = await countRows(clickhouse)
    rows.push([who, records, before - after, took.hidden, took.recounted, took.done])
  }
  return {
    tables: [
      {
        name: 'erase',
        columns: [
          'who',
          'rows in the table',
          'of them deleted',
          'hidden after, s',
          'rollups counted after, s',
          'off the disk after, s',
        ],
        rows,
      },
    ],
    plots: [],
    ratios: {},
    notes: [
      `${ACCOUNTS} accounts by Zipf, ${MONTHS} months, parts as they were merged by then. From the start of the command, 95 s of waiting for inserts ` +
        'and 60 s until replaced parts are removed included. ClickHouse is the embedded engine; nothing is pinned.',
    ],
  }
}

async function fill(
  clickhouse: ClickHouse,
  records: number,
  say: (line: string) => void,
): Promise<void> {
  const every = Math.max(1, Math.floor(records / OF_ONE_USER))
  for (let from = 0; from < records; from += ROWS_OF_INSERT) {
    await clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, event_id, user_id, anonymous_id, set_received_at, set_inserted_at,
         properties, context, extra, source, kafka_partition, version)
       SELECT concat('account_', toString(account)), concat('event_', toString(toUInt32(pow(300, u2)))), at,
         toString(reinterpretAsUUID(sipHash128(number))),
         if(number % {every:UInt64} = 0, 'user_rare', concat('user_', toString(account), '_', toString(h % 40))),
         if(h % 5 < 3, concat('anon-', lower(hex(cityHash64(account, h % 40)))), NULL), at, at,
         concat('{"plan":"pro","session_id":"', lower(hex(cityHash64(account, intDiv(number, 50)))), '","duration_ms":', toString(h % 9000),
           ',"path":"/app/', toString(h % 4000), '","browser":"Firefox"}'),
         '{"library":{"name":"analytics.js","version":"2.1.0"},"locale":"en-US"}', '{}', 'web', account % 12,
         bitShiftLeft(toUInt64(1), 48) + number
       FROM (SELECT number, cityHash64(number, 1) AS h, (cityHash64(number, 2) % 1000003) / 1000003. AS u2,
               toUInt32(pow({accounts:UInt32}, (h % 1000003) / 1000003.)) AS account,
               fromUnixTimestamp64Milli({first:Int64} + intDiv(number * {span:Int64}, {records:Int64})) AS at
             FROM numbers({from:UInt64}, {count:UInt64}))`,
      {
        every,
        accounts: ACCOUNTS,
        first: Date.UTC(2025, 0, 2),
        span: MONTHS * 30 * 86_400_000,
        records,
        from,
        count: Math.min(ROWS_OF_INSERT, records - from),
      },
    )
    if (from % (20 * ROWS_OF_INSERT) === 0) say(`${from} of ${records} rows`)
  }
}

const FILLED_WITHIN_MS = 30 * 60_000

async function untilRolledUp(clickhouse: ClickHouse, say: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  const [now] = await clickhouse.query<{ at: string }>('SELECT toString(now64(3)) AS at')
  for (;;) {
    const behind = await clickhouse.query(
      `SELECT name FROM rollup_freshness WHERE counted_until IS NULL OR counted_until < {at:DateTime64(3, 'UTC')}`,
      { at: now?.at },
    )
    if (behind.length === 0) return
    if (performance.now() - startedAt > FILLED_WITHIN_MS)
      throw new Error('the rollups are not filled')
    say('waiting for the rollups')
    await new Promise((resolve) => setTimeout(resolve, 5_000))
  }
}

async function countRows(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM events')
  return Number(row?.n)
}

/** Seconds from its start until it says so. */
async function erase(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  say: (line: string) => void,
) {
  const startedAt = performance.now()
  const took: Record<string, number> = {}
  const child = spawn(process.execPath, ['cli/src/main.ts', 'erase', ...args, '--yes'], {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10
    for (const line of text.split('\n')) {
      if (line.includes('no query of events')) took['hidden'] = seconds
      if (line.includes('rollups and catalogue')) took['recounted'] = seconds
      if (line.startsWith('Done:')) took['done'] = seconds
      if (line !== '') say(`${seconds} s: ${line}`)
    }
  })
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`erase ended with ${child.exitCode}`)
  const { hidden = NaN, recounted = NaN, done = NaN } = took
  return { hidden, recounted, done }
}
