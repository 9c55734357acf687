import type { ClickHouse } from '../client/clickhouse.ts'
import type { TableSettings } from './migrate.ts'

/** A table as it is; of system.tables. */
export interface FoundTable {
  readonly name: string
  readonly engine: string
  readonly sorting_key: string
}

export interface TableFinding {
  readonly severity: 'refused' | 'told'
  readonly text: string
}

/** `CREATE TABLE IF NOT EXISTS` is content with whatever has the name. */
const EXPECTED: Readonly<Record<string, { readonly sortingKey: string }>> = {
  events: { sortingKey: 'group_id, event, timestamp, event_id' },
  rejected_events: { sortingKey: '' },
  dead_letters: { sortingKey: '' },
}

/** Compares the tables with what the rows in them rely on, and with what is asked. */
export function compareTables(
  tables: readonly FoundTable[],
  { isReplicated = false }: TableSettings,
): readonly TableFinding[] {
  const findings: TableFinding[] = []
  for (const { name, engine, sorting_key: sortingKey } of tables) {
    const expected = EXPECTED[name]
    if (expected === undefined) continue
    if (!engine.endsWith('ReplacingMergeTree')) {
      findings.push({
        severity: 'refused',
        text: `table ${name} has the engine ${engine}, which keeps every copy of a row: ReplacingMergeTree is needed. Move it away, or name another CLICKHOUSE_DATABASE`,
      })
    }
    if (expected.sortingKey !== '' && sortingKey !== expected.sortingKey) {
      findings.push({
        severity: 'refused',
        text: `table ${name} is sorted by (${sortingKey}), so that other rows replace each other than those of one event: (${expected.sortingKey}) is needed. Move it away, or name another CLICKHOUSE_DATABASE`,
      })
    }
    const isReplicating = /^(Replicated|Shared)/.test(engine)
    if (isReplicated && !isReplicating) {
      findings.push({
        severity: 'told',
        text: `table ${name} has the engine ${engine} and is not replicated, although CLICKHOUSE_REPLICATED=true: it was made without`,
      })
    }
  }
  return findings
}

/** @throws {ClickHouseFailure} */
export async function readTables(clickhouse: ClickHouse): Promise<readonly FoundTable[]> {
  return clickhouse.query<FoundTable>(
    `SELECT name, engine, sorting_key FROM system.tables
     WHERE database = {database:String}`,
    { database: clickhouse.database },
  )
}
