import {
  allHotProperties,
  createClickHouse,
  makeEventViews,
  onCluster,
  type EventViewsResult,
} from '@custom-events/clickhouse'
import { redactUrl } from '@custom-events/runtime'
import type { Plans } from '../setup/plans.ts'
import { readPlans } from '../setup/plans.ts'
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
  const server = `ClickHouse at ${redactUrl(config.CLICKHOUSE_URL)}`
  return step('making the views of events', fix.clickhouse(config), () =>
    untilAnswered({ server, limitMs: config.SETUP_TIMEOUT_MS, print }, () =>
      setUpViews(config, plans, print),
    ),
  )
}

/** Makes the views of events, and says what became of them. @throws {ClickHouseFailure} */
export async function setUpViews(
  config: ViewsConfig,
  plans: Plans,
  print: (line: string) => void,
): Promise<EventViewsResult> {
  await using clickhouse = createClickHouse(config)
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
