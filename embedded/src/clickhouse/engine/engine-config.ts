import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeXml, type Role } from '@custom-events/clickhouse/access'
import { policiesXml, rolesXml } from './engine-roles.ts'

export interface EngineConfig {
  /** Where the engine keeps its tables. */
  readonly dataFolder: string
  /** Whether queries may read and write files, reach other servers and run programs. */
  readonly allowsSources: boolean
  readonly roles: readonly Role[]
  /** The tables of this database are what the roles may use. */
  readonly database: string
  /** As a server does: should a part that was written in place of others be broken, a restart takes those up again. */
  readonly keepsReplacedParts: boolean
  /** Logins of accounts: each is a user of the engine. */
  readonly accounts: readonly string[]
}

/**
 * All that tables and queries need, and nothing that reaches out of the data folder: no right of the group
 * SOURCES (file, url, s3, remote, kafka …), no dictionaries (their sources include programs), no functions,
 * named collections, backups and users. Whatever a later version of the engine brings is not granted either.
 */
const grants = `SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, UNDROP TABLE,
  TRUNCATE, OPTIMIZE, CHECK, SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM VIEWS, KILL QUERY`

/**
 * Settings that name a file, an address or a disk, choose another language, or hold an expression in a string.
 * None may be changed; with `merge_tree_` in front it is a setting of tables.
 */
const fixedSettings = [
  'format_schema',
  'output_format_schema',
  'input_format_record_errors_file_path',
  'rename_files_after_processing',
  'format_template_row',
  'format_template_resultset',
  'format_avro_schema_registry_url',
  'additional_result_filter',
  'additional_table_filters',
  'parallel_replicas_custom_key',
  'allow_experimental_eval_table_function',
  'allow_experimental_ai_functions',
  'allow_experimental_polyglot_dialect',
  'allow_python_table_function',
  'polyglot_dialect',
  'dialect',
  'dynamic_disk_allow_from_env',
  'dynamic_disk_allow_from_zk',
  'dynamic_disk_allow_include',
  'url_base',
  'cluster_for_parallel_replicas',
  'merge_tree_disk',
  'merge_tree_storage_policy',
]

/**
 * The one function that reads any file. chDB asks neither for a right nor whether the path lies in `user_files_path`
 * (it runs as clickhouse-local does), but a function of users in its folder hides the engine's own of that name,
 * however a query comes to name it: as another's argument, by a parameter, in a structure put together from pieces.
 */
const noFile = `CREATE FUNCTION file AS (path) -> throwIf(1,
  'Not enough privileges: the function file reaches beyond the data of the embedded ClickHouse, see --allow-sources')
`

/**
 * Functions that name all roles that the engine's one user may take, and among them every account's: they name the one that was taken,
 * however a query comes to call them.
 */
const OF_ROLES: readonly (readonly [name: string, as: string])[] = [
  ['defaultRoles', 'currentRoles'],
  ['enabledRoles', 'currentRoles'],
  ['defaultProfiles', 'currentProfiles'],
  ['enabledProfiles', 'currentProfiles'],
]

/**
 * Writes the configuration of the engine.
 * @returns the path of the file that the engine is to be given
 */
export function writeEngineConfig(folder: string, config: EngineConfig): string {
  const users = join(folder, 'users.xml')
  const functions = config.allowsSources ? undefined : join(folder, 'functions')
  const path = join(folder, 'config.xml')
  const options = { mode: 0o600 }
  writeFileSync(users, usersFile(config), options)
  if (functions !== undefined) {
    mkdirSync(functions, { recursive: true, mode: 0o700 })
    writeFileSync(join(functions, 'function_file.sql'), noFile, options)
    for (const [name, as] of OF_ROLES) {
      const sql = `CREATE FUNCTION ${name} AS () -> ${as}()\n`
      writeFileSync(join(functions, `function_${name}.sql`), sql, options)
    }
  }
  const { dataFolder: data, keepsReplacedParts } = config
  writeFileSync(path, configXml({ data, users, functions, keepsReplacedParts }), options)
  return path
}

/** What a server has by default; the engine by itself removes them at once. */
const REPLACED_PARTS_SECONDS = 480

interface Configured extends Pick<EngineConfig, 'keepsReplacedParts'> {
  readonly data: string
  readonly users: string
  /** Of users; `undefined`: where the engine keeps them. */
  readonly functions: string | undefined
}

function configXml({ data, users, functions, keepsReplacedParts }: Configured): string {
  const own =
    functions === undefined
      ? ''
      : `\n  <user_defined_path>${escapeXml(functions)}</user_defined_path>`
  const replaced = keepsReplacedParts ? REPLACED_PARTS_SECONDS : 0
  return `<clickhouse>
  <path>${escapeXml(data)}</path>${own}
  <user_directories><users_xml><path>${escapeXml(users)}</path></users_xml></user_directories>
  <merge_tree><old_parts_lifetime>${replaced}</old_parts_lifetime></merge_tree>
</clickhouse>
`
}

/**
 * The one user of the engine, as which every connection begins. It may take any role, and takes that of who asks, for good: who
 * may speak to the engine at all, and as whom, is decided by the front.
 */
function usersFile({ allowsSources, ...config }: EngineConfig): string {
  const { roles, names } = rolesXml(config, allowsSources ? 'ALL' : grants)
  return `<clickhouse>
  <profiles><default>${allowsSources ? '' : confinement}</default></profiles>
  <quotas><default/></quotas>
  <roles>
${roles}
  </roles>
  <users>
    <default>
      <password/>
      <profile>default</profile>
      <quota>default</quota>
      <networks><ip>::/0</ip></networks>
      <grants><query>GRANT ${names.map((name) => `\`${name}\``).join(', ')}</query></grants>
      <databases>
${policiesXml(config)}
      </databases>
    </default>
  </users>
</clickhouse>
`
}

// Values are literals unless the front has looked at them: see insert.ts.
const confinement = `
    <input_format_values_interpret_expressions>0</input_format_values_interpret_expressions>
    <input_format_values_deduce_templates_of_expressions>0</input_format_values_deduce_templates_of_expressions>
    <constraints>${fixedSettings.map((name) => `<${name}><readonly/></${name}>`).join('')}</constraints>
  `
