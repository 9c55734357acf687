import { createClickHouse } from '@custom-events/clickhouse'
import { readPlans } from '../setup/plans.ts'
import { fix, step } from '../step.ts'
import type { RetentionConfig } from './config.ts'
import { changeLines } from './report.ts'
import { applyAudited, retentionChanges } from './set-up-retention.ts'

export interface RetentionRequest {
  /** Otherwise it is only told. */
  readonly isApplied: boolean
  readonly by: string | undefined
}

/**
 * `npm run retention`.
 * @returns the exit code @throws {StepError}
 */
export async function runRetention(
  { isApplied, by }: RetentionRequest,
  config: RetentionConfig,
  print: (line: string) => void,
): Promise<number> {
  const plans = await step('reading the tracking plans', fix.plans(config), () =>
    readPlans(config.TRACKING_PLANS_DIR),
  )
  await using clickhouse = createClickHouse(config)
  const changes = await step('comparing what is kept', fix.clickhouse(config), () =>
    retentionChanges(clickhouse, config, plans),
  )
  for (const line of changes.flatMap(changeLines)) print(line)
  if (changes.length === 0) {
    print('Everything is kept as it is configured.')
    return 0
  }
  if (!isApplied) {
    print('Nothing was changed: --apply puts it into force.')
    return 1
  }
  await step('changing what is kept', fix.clickhouse(config), () =>
    applyAudited(clickhouse, { command: 'retention', changes, config, by }),
  )
  print('In force. What is due is deleted by the merges of ClickHouse, within hours.')
  return 0
}
