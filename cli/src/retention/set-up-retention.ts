import {
  applyRetention,
  keptEvents,
  planRetention,
  type ClickHouse,
  type RetentionChange,
} from '@custom-events/clickhouse'
import { audited } from '../audit/audited.ts'
import type { Plans } from '../setup/plans.ts'
import { changeLines, deletes, keptText } from './report.ts'
import type { RetentionValues } from './variables.ts'
import { wantedRetention } from './wanted.ts'

/** What must change so that everything is kept as configured. @throws {ClickHouseFailure} */
export async function retentionChanges(
  clickhouse: ClickHouse,
  config: RetentionValues,
  plans: Pick<Plans, 'retention'>,
): Promise<readonly RetentionChange[]> {
  return planRetention(clickhouse, wantedRetention(config, plans, await keptEvents(clickhouse)))
}

/**
 * The part of setup that is about retention: puts into force what deletes nothing that is there, and tells the rest, which only
 * `npm run retention -- --apply` does.
 * @throws {ClickHouseFailure}
 */
export async function setUpRetention(
  clickhouse: ClickHouse,
  {
    config,
    plans,
  }: {
    readonly config: RetentionValues & { readonly CLICKHOUSE_CLUSTER: string }
    readonly plans: Pick<Plans, 'retention'>
  },
  print: (line: string) => void,
): Promise<void> {
  const changes = await retentionChanges(clickhouse, config, plans)
  const harmless = changes.filter((change) => !deletes(change))
  if (harmless.length > 0) {
    await applyAudited(clickhouse, { command: 'setup', changes: harmless, config })
    for (const { table, kept } of harmless)
      print(`table ${table.name} ${keptText(kept)}, from now on`)
  }
  const harmful = changes.filter(deletes)
  if (harmful.length === 0) return
  for (const line of harmful.flatMap(changeLines)) print(`  note: ${line}`)
  print('  note: that is left as it was: `npm run retention -- --apply` does it')
}

/** Puts changes into force, one after the other, and writes into `audit` that it does. @throws {ClickHouseFailure} */
export async function applyAudited(
  clickhouse: ClickHouse,
  {
    command,
    changes,
    config,
    by,
  }: {
    readonly command: 'setup' | 'retention'
    readonly changes: readonly RetentionChange[]
    readonly config: { readonly CLICKHOUSE_CLUSTER: string }
    readonly by?: string | undefined
  },
): Promise<void> {
  const args = Object.fromEntries(changes.map(({ table, kept }) => [table.name, keptText(kept)]))
  const rows = changes.flatMap(({ due }) => due).reduce((sum, due) => sum + due.rows, 0)
  await audited(
    clickhouse,
    { command, args, by },
    {
      run: async () => {
        for (const change of changes) {
          await applyRetention(clickhouse, change, config.CLICKHOUSE_CLUSTER)
        }
      },
      tell: () => ({ outcome: 'done', counts: { tables: changes.length, rows } }),
    },
  )
}
