import type { ClickHouse } from '../client/clickhouse.ts'
import { ttlExpression, type TableSettings } from './migrate.ts'

/** A table as it is; of system.tables. */
export interface FoundTable {
  readonly name: string
  readonly engine: string
  readonly sorting_key: string
  readonly create_table_query: string
}

export interface TableFinding {
  readonly severity: 'refused' | 'told'
  readonly text: string
}

/** `CREATE TABLE IF NOT EXISTS` is content with whatever has the name. */
const EXPECTED: Readonly<
  Record<string, { readonly sortingKey: string; readonly time: string | null }>
> = {
  events: { sortingKey: 'group_id, event, timestamp, event_id', time: 'timestamp' },
  rejected_events: { sortingKey: '', time: 'received_at' },
  dead_letters: { sortingKey: '', time: null },
}

/** Compares the tables with what the rows in them rely on, and with what is asked. */
export function compareTables(
  tables: readonly FoundTable[],
  { isReplicated = false, retentionDays }: TableSettings,
): readonly TableFinding[] {
  const findings: TableFinding[] = []
  for (const { name, engine, sorting_key: sortingKey, create_table_query: query } of tables) {
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
    if (expected.time !== null) {
      const differs = ttlFinding(name, expected.time, ttlOf(query), retentionDays)
      if (differs !== null) findings.push(differs)
    }
  }
  return findings
}

function ttlFinding(
  table: string,
  column: string,
  found: string | null,
  days: number | undefined,
): TableFinding | null {
  const foundDays = found === null ? null : Number(/toIntervalDay\((\d+)\)/.exec(found)?.[1])
  if (foundDays === (days ?? null)) return null
  const kept = found === null ? 'keeps rows for ever' : `has the TTL ${found}`
  const change =
    days === undefined
      ? `ALTER TABLE ${table} REMOVE TTL`
      : `ALTER TABLE ${table} MODIFY TTL ${ttlExpression(column, days)}`
  return {
    severity: 'told',
    text: `table ${table} ${kept}, CLICKHOUSE_RETENTION_DAYS=${days ?? 0} asks for something else; setup deletes nothing: to change it, run ${change}`,
  }
}

function ttlOf(query: string): string | null {
  return / TTL (.+?)(?: SETTINGS | COMMENT |$)/s.exec(query)?.[1] ?? null
}

/** @throws {ClickHouseFailure} */
export async function readTables(clickhouse: ClickHouse): Promise<readonly FoundTable[]> {
  return clickhouse.query<FoundTable>(
    `SELECT name, engine, sorting_key, create_table_query FROM system.tables
     WHERE database = {database:String}`,
    { database: clickhouse.database },
  )
}
