import {
  allHotProperties,
  columnOf,
  createClickHouse,
  fillHotColumns,
  proposeHotProperties,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { readPlans, type Plans } from '../setup/plans.ts'
import { createProgress } from '../replay/progress.ts'
import { fix, step } from '../step.ts'
import type { HotPropertiesConfig } from './config.ts'
import { filledLine, proposalLines } from './report.ts'

export interface HotPropertiesRequest {
  readonly days: number
  readonly top: number
  /** Fill columns instead of proposing some: these, or all when none is named; `null`: propose. */
  readonly fill: readonly string[] | null
}

interface Screen {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

const STOPPED = 130

/**
 * `npm run hot-properties`.
 *
 * @returns the exit code
 * @throws {StepError}
 */
export async function runHotProperties(
  { days, top, fill }: HotPropertiesRequest,
  { config, stop }: { readonly config: HotPropertiesConfig; readonly stop: AbortSignal },
  screen: Screen,
): Promise<number> {
  const plans = await step('reading the tracking plans', fix.plans(config), () =>
    readPlans(config.TRACKING_PLANS_DIR),
  )
  await using clickhouse = createClickHouse(config)
  if (fill === null) {
    await step('reading the log of queries', fix.clickhouse(config), () =>
      propose({ clickhouse, plans, days, top }, screen),
    )
    return 0
  }
  const columns = await step('finding the columns', fix.clickhouse(config), () =>
    columnsToFill(clickhouse, plans, fill),
  )
  return step('filling hot columns', fix.clickhouse(config), () =>
    fillThem({ clickhouse, columns, config, stop }, screen),
  )
}

async function propose(
  {
    clickhouse,
    plans,
    days,
    top,
  }: {
    readonly clickhouse: ClickHouse
    readonly plans: Plans
    readonly days: number
    readonly top: number
  },
  { write }: Screen,
): Promise<void> {
  const { personal } = plans
  const proposals = await proposeHotProperties({
    clickhouse,
    hotProperties: allHotProperties(plans.columns),
    isPersonal: (property) => personal === 'all' || personal.includes(property),
    days,
    limit: top,
  })
  for (const line of proposalLines(proposals, days)) write(`${line}\n`)
}

/** @throws {Error} naming what is no hot column of `events`. */
async function columnsToFill(
  clickhouse: ClickHouse,
  plans: Plans,
  asked: readonly string[],
): Promise<readonly string[]> {
  const rows = await clickhouse.query<{ readonly name: string }>(
    `SELECT name FROM system.columns
     WHERE database = {database:String} AND table = 'events' AND default_kind = 'MATERIALIZED'`,
    { database: clickhouse.database },
  )
  const present = new Set(rows.map(({ name }) => name))
  const declared = allHotProperties(plans.columns).map(columnOf)
  const hot = declared.filter((column) => present.has(column))
  const unknown = asked.filter((column) => !hot.includes(column))
  if (unknown.length > 0) {
    throw new Error(
      `no hot column of events: ${unknown.join(', ')}. There are ${hot.join(', ') || 'none'}; declare it and run setup first`,
    )
  }
  return asked.length === 0 ? hot : asked
}

async function fillThem(
  {
    clickhouse,
    columns,
    config,
    stop,
  }: {
    readonly clickhouse: ClickHouse
    readonly columns: readonly string[]
    readonly config: HotPropertiesConfig
    readonly stop: AbortSignal
  },
  { isTerminal, write }: Screen,
): Promise<number> {
  let progress: ReturnType<typeof createProgress> | undefined
  const result = await fillHotColumns({
    clickhouse,
    columns,
    cluster: config.CLICKHOUSE_CLUSTER,
    stop,
    onProgress: ({ rows: total, rowsDone }) => {
      progress ??= createProgress({ total, isTerminal, write, now: () => performance.now() })
      progress.update(rowsDone)
    },
  })
  progress?.end()
  write(`${filledLine(columns, result)}\n`)
  return result.outcome === 'filled' ? 0 : STOPPED
}
