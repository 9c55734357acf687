import {
  allHotProperties,
  makeEventViews,
  onCluster,
  type ClickHouse,
  type EventViewsResult,
  type OpenShard,
} from '@custom-events/clickhouse'
import { redactUrl } from '@custom-events/runtime'
import type { Plans } from '../setup/plans.ts'
import { readPlans } from '../setup/plans.ts'
import { openOwnShards, sayingOf } from '../shards/open.ts'
import { fix, step } from '../step.ts'
import { untilAnswered } from '../until-answered.ts'
import type { ViewsConfig } from './config.ts'

/**
 * `npm run views`: the views of events alone, as setup makes them.
 *
 * @param print one line per thing done, for a person.
 * @throws {StepError} when nothing could be done; what ClickHouse refused is in the result.
 */
export async function runViews(
  config: ViewsConfig,
  print: (line: string) => void,
): Promise<EventViewsResult> {
  const plans = await step('reading the tracking plans', fix.plans(config), () =>
    readPlans(config.TRACKING_PLANS_DIR),
  )
  await using resources = new AsyncDisposableStack()
  const patient = <T>({ url }: OpenShard, run: () => Promise<T>): Promise<T> => {
    const server = `ClickHouse at ${redactUrl(url)}`
    return untilAnswered({ server, limitMs: config.SETUP_TIMEOUT_MS, print }, run)
  }
  const shards = await openOwnShards(config, resources, { ask: patient })
  return step('making the views of events', fix.clickhouse(config), async () => {
    const results: EventViewsResult[] = []
    for (const shard of shards) {
      const make = () => setUpViews(shard.clickhouse, { config, plans }, sayingOf(shard, print))
      results.push(await patient(shard, make))
    }
    return joined(results)
  })
}

/** Of all shards together. */
function joined(results: readonly EventViewsResult[]): EventViewsResult {
  const sum = (of: (result: EventViewsResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  return {
    made: sum(({ made }) => made),
    changed: sum(({ changed }) => changed),
    unchanged: sum(({ unchanged }) => unchanged),
    dropped: results.flatMap(({ dropped }) => dropped),
    failed: results.flatMap(({ failed }) => failed),
    notes: results.flatMap(({ notes }) => notes),
  }
}

/** Makes the views of events, and says what became of them. @throws {ClickHouseFailure} */
export async function setUpViews(
  clickhouse: ClickHouse,
  { config, plans }: { readonly config: ViewsConfig; readonly plans: Plans },
  print: (line: string) => void,
): Promise<EventViewsResult> {
  const result = await makeEventViews({
    clickhouse,
    plans: plans.events,
    hotProperties: allHotProperties(plans.columns),
    personalProperties: plans.personal,
    maxViews: config.CLICKHOUSE_EVENT_VIEWS_MAX,
    onCluster: onCluster(config.CLICKHOUSE_CLUSTER),
  })
  for (const line of reportOf(result)) print(line)
  return result
}

/** As many lines as somebody reads; `npm run views` may be run as often as one likes. */
const MAX_NOTES = 20

export function reportOf(result: EventViewsResult): readonly string[] {
  const { made, changed, unchanged, dropped, failed, notes } = result
  const all = [
    ...failed,
    ...dropped.map((name) => `${name}: dropped, its event is in no plan and no row any more`),
    ...notes,
  ]
  const beyond = all.length - MAX_NOTES
  return [
    `views of events: ${made} made, ${changed} changed, ${unchanged} as they were, ${dropped.length} dropped`,
    ...all.slice(0, MAX_NOTES).map((note) => `  note: ${note}`),
    ...(beyond > 0 ? [`  and ${beyond} notes more`] : []),
  ]
}
