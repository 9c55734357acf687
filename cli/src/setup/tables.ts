import {
  compareTables,
  migrate,
  readTables,
  type OpenShard,
  type TableSettings,
} from '@custom-events/clickhouse'
import type { Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'
import { setUpRetention } from '../retention/set-up-retention.ts'
import { claim, mustBeClaimable } from '../shards/set-up.ts'
import type { Plans } from './plans.ts'

/** Migrates one ClickHouse, writes down which shard it is, and compares the tables with what is asked. */
export async function setUpTables(
  shard: OpenShard,
  {
    config,
    log,
    plans,
  }: { readonly config: SetupConfig; readonly log: Logger; readonly plans: Plans },
  print: (line: string) => void,
): Promise<void> {
  const { clickhouse } = shard
  await mustBeClaimable(shard) // also if it was away at the beginning
  const { applied, total } = await migrate({
    clickhouse,
    log,
    settings: tableSettings(config),
    plannedColumns: plans.columns,
    personalProperties: plans.personal,
  })
  await claim(shard)
  const findings = compareTables(await readTables(clickhouse), tableSettings(config))
  const refused = findings.filter(({ severity }) => severity === 'refused')
  if (refused.length > 0) throw new Error(refused.map(({ text }) => text).join('\n  '))
  print(`database ${config.CLICKHOUSE_DATABASE}: ${applied} of ${total} migrations applied now`)
  for (const { text } of findings) print(`  note: ${text}`)
  await setUpRetention(clickhouse, { config, plans }, print)
  for (const { property, markedIn } of plans.columns)
    print(`${property} has a typed column, as ${markedIn} asks`)
}

function tableSettings(config: SetupConfig): TableSettings {
  return {
    isReplicated: config.CLICKHOUSE_REPLICATED,
    ...(config.CLICKHOUSE_CLUSTER === '' ? {} : { cluster: config.CLICKHOUSE_CLUSTER }),
  }
}
