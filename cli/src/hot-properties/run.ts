import {
  allHotProperties,
  columnOf,
  fillHotColumns,
  proposeHotProperties,
  type ClickHouse,
  type OpenShard,
} from '@custom-events/clickhouse'
import { readPlans, type Plans } from '../setup/plans.ts'
import { createProgress } from '../replay/progress.ts'
import { onEach, openOwnShards, sayingOf } from '../shards/open.ts'
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
  await using resources = new AsyncDisposableStack()
  const shards = await openOwnShards(config, resources)
  if (fill === null) {
    await step('reading the log of queries', fix.clickhouse(config), async () => {
      for (const shard of shards) {
        const { clickhouse } = shard
        await propose({ clickhouse, plans, days, top }, sayingOf(shard, lineTo(screen)))
      }
    })
    return 0
  }
  const columns = await step('finding the columns', fix.clickhouse(config), () =>
    onEach(shards, ({ clickhouse }) => columnsToFill(clickhouse, plans, fill)),
  )
  return step('filling hot columns', fix.clickhouse(config), async () => {
    for (const [at, shard] of shards.entries()) {
      const filling = { shard, columns: columns[at] ?? [], config, stop }
      const code = await fillThem(filling, screen)
      if (code !== 0) return code
    }
    return 0
  })
}

function lineTo({ write }: Screen): (line: string) => void {
  return (line) => write(`${line}\n`)
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
  print: (line: string) => void,
): Promise<void> {
  const { personal } = plans
  const proposals = await proposeHotProperties({
    clickhouse,
    hotProperties: allHotProperties(plans.columns),
    isPersonal: (property) => personal === 'all' || personal.includes(property),
    days,
    limit: top,
  })
  for (const line of proposalLines(proposals, days)) print(line)
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
    shard,
    columns,
    config,
    stop,
  }: {
    readonly shard: OpenShard
    readonly columns: readonly string[]
    readonly config: HotPropertiesConfig
    readonly stop: AbortSignal
  },
  screen: Screen,
): Promise<number> {
  const { isTerminal, write } = screen
  let progress: ReturnType<typeof createProgress> | undefined
  const result = await fillHotColumns({
    clickhouse: shard.clickhouse,
    columns,
    cluster: config.CLICKHOUSE_CLUSTER,
    stop,
    onProgress: ({ rows: total, rowsDone }) => {
      progress ??= createProgress({ total, isTerminal, write, now: () => performance.now() })
      progress.update(rowsDone)
    },
  })
  progress?.end()
  sayingOf(shard, lineTo(screen))(filledLine(columns, result))
  return result.outcome === 'filled' ? 0 : STOPPED
}
