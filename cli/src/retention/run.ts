import { readPlans } from '../setup/plans.ts'
import { onEach, openOwnShards, sayingOf } from '../shards/open.ts'
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
  await using resources = new AsyncDisposableStack()
  const shards = await openOwnShards(config, resources)
  const planned = await step('comparing what is kept', fix.clickhouse(config), () =>
    onEach(shards, async (shard) => ({
      ...shard,
      changes: await retentionChanges(shard.clickhouse, config, plans),
    })),
  )
  for (const { changes, ...shard } of planned) {
    for (const line of changes.flatMap(changeLines)) sayingOf(shard, print)(line)
  }
  if (planned.every(({ changes }) => changes.length === 0)) {
    print('Everything is kept as it is configured.')
    return 0
  }
  if (!isApplied) {
    print('Nothing was changed: --apply puts it into force.')
    return 1
  }
  await step('changing what is kept', fix.clickhouse(config), async () => {
    for (const { clickhouse, changes } of planned) {
      if (changes.length > 0)
        await applyAudited(clickhouse, { command: 'retention', changes, config, by })
    }
  })
  print('In force. What is due is deleted by the merges of ClickHouse, within hours.')
  return 0
}
