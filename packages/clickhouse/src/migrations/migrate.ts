import { readdirSync, readFileSync } from 'node:fs'
import type { Logger } from '@custom-events/runtime'
import type { ClickHouse } from '../client/clickhouse.ts'
import { mustHaveRoom } from '../disk/room.ts'
import { onCluster } from '../client/cluster.ts'
import { keysDatabase } from '../client/other-databases.ts'
import { quoteIdentifier, quoteText } from '../client/quote.ts'
import {
  columnDeclaration,
  columnOf,
  mergeHotProperties,
  readHotProperties,
  reconcile,
  type ExistingColumn,
  type HotProperty,
  type PlannedHotProperty,
} from './hot-properties.ts'
import { refuseWholeTimes } from './whole-times.ts'
import {
  pendingMigrations,
  readMigrations,
  type AppliedMigration,
  type Migration,
} from './migrations.ts'
import { sqlStatements, substitute } from './sql-statements.ts'

/** How tables are made; the defaults fit one server. */
export interface TableSettings {
  /** Replicated engines; the server's default path and replica name apply. @default false */
  readonly isReplicated?: boolean
  /** Run every statement on this cluster. @default none */
  readonly cluster?: string
}

export interface MigrateOptions {
  readonly clickhouse: ClickHouse
  readonly log: Logger
  readonly settings?: TableSettings
  /** @default schemas/clickhouse */
  readonly dir?: URL
  /** @default schemas/hot-properties.json */
  readonly hotProperties?: readonly HotProperty[]
  /** Columns that tracking plans ask for, beside those. @default none */
  readonly plannedColumns?: readonly PlannedHotProperty[]
  /** Properties of which the catalogue shows no value, whatever the event; or all of them. @default none */
  readonly personalProperties?: PersonalProperties
}

export type PersonalProperties = readonly string[] | 'all'

const SCHEMAS = new URL('../../../../schemas/', import.meta.url)

/**
 * Makes the database, applies the migrations that are missing, adds missing hot columns, and makes the
 * views and the probe tables anew. Idempotent; safe when two run at once or one is killed half-way, because
 * every statement can be repeated and a migration is recorded after its last one.
 *
 * @throws {MigrationError | HotPropertyError | ClickHouseFailure}
 */
export async function migrate(
  options: MigrateOptions,
): Promise<{ readonly applied: number; readonly total: number }> {
  const { clickhouse, log, settings = {}, dir = new URL('clickhouse/', SCHEMAS) } = options
  const hot = allHotProperties(options.plannedColumns ?? [], options.hotProperties)
  const variables: Readonly<Record<string, string>> = {
    ...sqlVariables(settings, hot, options.personalProperties ?? []),
    KEYS_DATABASE: quoteIdentifier(keysDatabase(clickhouse.database)),
  }
  const clusterClause = variables['ON_CLUSTER'] ?? ''
  const files = readMigrations(dir, variables)

  await clickhouse.createDatabase(clusterClause)
  await mustHaveRoom({ clickhouse, cluster: settings.cluster ?? '' }, null)
  await refuseWholeTimes(clickhouse)
  await clickhouse.command(migrationsTable(variables))
  const applied = await clickhouse.query<AppliedMigration>(
    'SELECT version, name, checksum FROM migrations FINAL ORDER BY version',
  )
  const pending = pendingMigrations(files, applied)
  for (const migration of pending) await apply(clickhouse, migration, log)

  await addHotColumns(clickhouse, hot, clusterClause, log)
  for (const statement of repeatableStatements(dir, variables)) await clickhouse.command(statement)
  return { applied: pending.length, total: files.length }
}

/**
 * Those that are declared and those that tracking plans mark.
 *
 * @param declared @default schemas/hot-properties.json
 * @throws {HotPropertyError}
 */
export function allHotProperties(
  planned: readonly PlannedHotProperty[],
  declared: readonly HotProperty[] = readHotProperties(new URL('hot-properties.json', SCHEMAS)),
): readonly HotProperty[] {
  return mergeHotProperties(declared, planned)
}

function sqlVariables(
  settings: TableSettings,
  hot: readonly HotProperty[],
  personal: PersonalProperties,
): Readonly<Record<string, string>> {
  const { isReplicated = false, cluster } = settings
  return {
    ENGINE: isReplicated ? 'Replicated' : '',
    ON_CLUSTER: onCluster(cluster ?? ''),
    // Tables are made without; see retention/.
    EVENTS_TTL: '',
    REJECTED_TTL: '',
    ROLLUP_TTL: '',
    HOT_COLUMNS: hot.map((property) => `\`${columnOf(property)}\`,`).join(' '),
    HOT_COLUMN_TYPES: hot.map((property) => `${columnDeclaration(property)},`).join(' '),
    // An array, of which `property` is an element or not.
    PERSONAL_PROPERTIES:
      personal === 'all'
        ? '[property]'
        : `CAST([${personal.map(quoteText).join(', ')}], 'Array(String)')`,
  }
}

/** Keyed by version: two setups at once record the same row twice, which collapses. */
function migrationsTable(variables: Readonly<Record<string, string>>): string {
  return substitute(
    `CREATE TABLE IF NOT EXISTS migrations \${ON_CLUSTER}
     (
         version    UInt32 COMMENT 'Number of the file.',
         name       String COMMENT 'Name of the file.',
         checksum   String COMMENT 'SHA-256 of the file when it was applied.',
         applied_at DateTime('UTC') DEFAULT now() COMMENT 'When its last statement had run.'
     )
     ENGINE = \${ENGINE}ReplacingMergeTree ORDER BY version
     COMMENT 'Which files of schemas/clickhouse have been applied.'`,
    variables,
  )
}

async function apply(clickhouse: ClickHouse, migration: Migration, log: Logger): Promise<void> {
  for (const statement of migration.statements) await clickhouse.command(statement)
  await clickhouse.command(
    `INSERT INTO migrations (version, name, checksum)
     VALUES ({version:UInt32}, {name:String}, {checksum:String})`,
    { version: migration.version, name: migration.name, checksum: migration.checksum },
  )
  log.info({ migration: migration.name }, 'migration applied')
}

async function addHotColumns(
  clickhouse: ClickHouse,
  hot: readonly HotProperty[],
  clusterClause: string,
  log: Logger,
): Promise<void> {
  const existing = await clickhouse.query<ExistingColumn>(
    `SELECT name, type, default_kind, default_expression FROM system.columns
     WHERE database = {database:String} AND table = 'events'`,
    { database: clickhouse.database },
  )
  const statements = reconcile(hot, existing, clusterClause)
  for (const statement of statements) await clickhouse.command(statement)
  if (statements.length > 0)
    log.info({ columns: statements.length }, 'hot columns added, or given their zone')
}

/** Statements that are run by every setup, because they follow what the hot properties are. */
function repeatableStatements(
  dir: URL,
  variables: Readonly<Record<string, string>>,
): readonly string[] {
  const all = { ...variables, ...readFragments(dir, variables) }
  return readSql(new URL('repeatable/', dir)).flatMap(({ text }) =>
    sqlStatements(substitute(text, all)),
  )
}

/** What several views have in common: each file of `fragments/` is a variable, `a_part.sql` is `${A_PART}`. */
function readFragments(
  dir: URL,
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const fragments = readSql(new URL('fragments/', dir)).map(({ name, text }) => [
    name.replace('.sql', '').toUpperCase(),
    substitute(text, variables).trimEnd(),
  ])
  return Object.fromEntries(fragments)
}

function readSql(folder: URL): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
}
