import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface EngineConfig {
  /** Where the engine keeps its tables. */
  readonly dataFolder: string
  /** Whether queries may read and write files, reach other servers and run programs. */
  readonly allowsSources: boolean
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
  'format_template_row',
  'format_template_resultset',
  'format_avro_schema_registry_url',
  'additional_result_filter',
  'additional_table_filters',
  'parallel_replicas_custom_key',
  'allow_experimental_eval_table_function',
  'allow_experimental_ai_functions',
  'dialect',
  'merge_tree_disk',
  'merge_tree_storage_policy',
]

/**
 * Writes the configuration of the engine.
 * @returns the path of the file that the engine is to be given
 */
export function writeEngineConfig(folder: string, config: EngineConfig): string {
  const users = join(folder, 'users.xml')
  const path = join(folder, 'config.xml')
  const options = { mode: 0o600 }
  writeFileSync(users, usersXml(config.allowsSources), options)
  writeFileSync(path, configXml(config.dataFolder, users), options)
  return path
}

function configXml(dataFolder: string, users: string): string {
  return `<clickhouse>
  <path>${escapeXml(dataFolder)}</path>
  <user_directories><users_xml><path>${escapeXml(users)}</path></users_xml></user_directories>
</clickhouse>
`
}

/** The one user of the engine; who may speak to it at all is decided by the front. */
function usersXml(allowsSources: boolean): string {
  return `<clickhouse>
  <profiles><default>${allowsSources ? '' : confinement}</default></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password/>
      <profile>default</profile>
      <quota>default</quota>
      <networks><ip>::/0</ip></networks>
      <grants><query>GRANT ${allowsSources ? 'ALL' : grants} ON *.*</query></grants>
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

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
