import { readFileSync } from 'node:fs'
import type { ClickHouse } from '@custom-events/clickhouse'

const GENERATOR = readFileSync(new URL('events.sql', import.meta.url), 'utf8')
const ROWS_PER_INSERT = 200_000
const LOOK_AGAIN_MS = 1_000
/** Of a wait: twenty million rows are merged and counted within a few minutes. */
const WAIT_LIMIT_MS = 20 * 60_000

const REFRESHED = ['rollup_daily_refresh', 'catalogue_daily_refresh', 'catalogue_refresh']

/** Inserts the rows, and 1.5 % of them again, as their producers would: oldest first, in many parts. */
export async function fill(
  clickhouse: ClickHouse,
  { rows, say }: { readonly rows: number; readonly say: (line: string) => void },
): Promise<void> {
  for (let lo = 0; lo < rows; lo += ROWS_PER_INSERT) {
    const hi = Math.min(lo + ROWS_PER_INSERT, rows)
    for (const upd of [0, 1]) await clickhouse.command(GENERATOR, { n: rows, lo, hi, upd })
    if ((lo / ROWS_PER_INSERT) % 10 === 0) say(`${hi} of ${rows} rows are inserted`)
  }
}

/** Until every month is one part, as the table's own setting makes them once nothing comes any more. */
export async function mergeMonths(clickhouse: ClickHouse): Promise<void> {
  await clickhouse.command('ALTER TABLE events MODIFY SETTING min_age_to_force_merge_seconds = 1')
  await until(async () => (await mostParts(clickhouse)) === 1, 'every month is one part')
  // As the migrations have it: what comes late from here on stays in parts of its own for six hours.
  await clickhouse.command(
    'ALTER TABLE events MODIFY SETTING min_age_to_force_merge_seconds = 21600',
  )
}

/** Until rollups and catalogue hold everything that is in `events` now. */
export async function countRollups(clickhouse: ClickHouse): Promise<void> {
  const [{ now } = { now: '' }] = await clickhouse.query<{ now: string }>(
    'SELECT toString(now64(3)) AS now',
  )
  await until(async () => {
    for (const view of REFRESHED) await clickhouse.command(`SYSTEM REFRESH VIEW ${view}`)
    const behind = await clickhouse.query(
      `SELECT name FROM rollup_freshness
       WHERE counted_until IS NULL OR counted_until < {now:DateTime64(3)}`,
      { now },
    )
    return behind.length === 0
  }, 'the rollups have counted everything')
}

/** Parts of the month that has most of them. */
export async function mostParts(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ parts: string }>(
    `SELECT toString(max(parts)) AS parts FROM (
       SELECT count() AS parts FROM system.parts
       WHERE active AND table = 'events' AND database = currentDatabase() GROUP BY partition)`,
  )
  return Number(row?.parts)
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + WAIT_LIMIT_MS
  while (!(await isSo())) {
    if (performance.now() > giveUpAt)
      throw new Error(`${WAIT_LIMIT_MS / 60_000} minutes, and it is not yet so that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
