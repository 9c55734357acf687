// docs/reference/tables.md: every table and view with its columns, from the statements that make them.
import { readdirSync, readFileSync } from 'node:fs'
import {
  columnDeclaration,
  readHotProperties,
} from '../../packages/clickhouse/src/migrations/hot-properties.ts'
import {
  sqlStatements,
  substitute,
} from '../../packages/clickhouse/src/migrations/sql-statements.ts'
import { table } from '../markdown.ts'

const TRACKED_TYPES = 'schemas/clickhouse/fragments/tracked_types.sql'
const FOLDERS = ['schemas/clickhouse', 'schemas/clickhouse/repeatable']

export interface DescribedTable {
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly comment: string
  readonly columns: readonly DescribedColumn[]
}

export interface DescribedColumn {
  readonly name: string
  readonly type: string
  readonly comment: string
}

/** For analysts first; what is not named here comes after it. */
export const FIRST = [
  'tracked',
  'tracked_unsealed',
  'user_timeline',
  'complete_until',
  'events_daily',
  'active_users_daily',
  'active_users_weekly',
  'active_users_monthly',
  'catalogue_events',
  'catalogue_properties',
  'rollup_freshness',
  'rejected_events',
  'dead_letters',
  'sent_by_key',
  'query_log_daily',
  'kafka_logs',
  'events',
  'seal_keys',
  'destroyed_keys',
]

export function tablesPage(): string {
  const sections = describedTables().map(
    (each) =>
      `## ${each.name}\n\nA ${each.kind}. ${inMarkdown(each.comment)}\n\n${columnsText(each)}\n`,
  )
  return `# Tables and views

<!-- Made by \`npm run generate\` from schemas/clickhouse and schemas/hot-properties.json. -->

The database \`custom_events\`, as \`npm run setup\` makes it; the same comments are in \`system.columns\`. Which of them are
exact, and which to ask: [analysts](../analysts.md#what-is-exact). Columns of hot properties are those of
\`schemas/hot-properties.json\`; tracking plans add their own. Views that only refresh others, and tables that only the
services use (\`*_probe\`, \`migrations\`), are left out. \`seal_keys\` and \`destroyed_keys\` are in the database
\`custom_events_keys\`: see [sealing](../sealing.md).

${sections.join('\n')}`
}

function columnsText({ columns }: DescribedTable): string {
  if (columns.length === 0) return 'Its columns are those of [tracked](#tracked).'
  const rows = columns.map(({ name, type, comment }) => [
    `\`${name}\``,
    `\`${type}\``,
    inMarkdown(comment),
  ])
  return table(['column', 'type', 'what it is'], rows)
}

/** Comments are plain text: nothing in them is a mark. */
function inMarkdown(comment: string): string {
  return comment.replaceAll(/[\\*<[\]`]|(?<!\w)_|_(?!\w)/g, String.raw`\$&`)
}

/** @throws when a table, a view or a column has no comment, or a view no columns. */
export function describedTables(): readonly DescribedTable[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .toSorted()
      .map((file) => `${folder}/${file}`),
  )
  const texts = files.map((file) => ({ file, statements: readFileSync(file, 'utf8') }))
  const changed = new Map(texts.flatMap(({ statements }) => changedComments(statements)))
  const tables = texts
    .flatMap(({ file, statements }) => describedIn(file, statements))
    .map((each) => withComments(each, changed))
  const place = ({ name }: DescribedTable): number =>
    FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length
  return tables.toSorted((one, other) => place(one) - place(other))
}

const OF_TRACKED = 'the columns of tracked'

/** What the statements of a file make; the file is only named. */
export function describedIn(file: string, statements: string): readonly DescribedTable[] {
  const hot = readHotProperties('schemas/hot-properties.json').map(
    (each) => `${columnDeclaration(each)},`,
  )
  const ofHot = { HOT_COLUMN_TYPES: hot.join('\n') }
  const [types = ''] = sqlStatements(readFileSync(TRACKED_TYPES, 'utf8'))
  const values = { TRACKED_TYPES: substitute(types, ofHot), TRACKED_COLUMNS: OF_TRACKED }
  const text = statements.replaceAll(/\$\{(?!TRACKED_TYPES|TRACKED_COLUMNS)[A-Z_]+\}/g, '')
  return sqlStatements(text).flatMap((sql) => describe(file, substitute(sql, values)))
}

const CHANGE = /^ALTER TABLE \.?(\w+)\s+COMMENT COLUMN (\w+) '((?:''|[^'])*)'$/

/** Comments of columns that a later file says anew, by table and column. */
export function changedComments(statements: string): readonly (readonly [string, string])[] {
  return sqlStatements(statements.replaceAll(/\$\{[A-Z_]+\}/g, '')).flatMap((sql) => {
    const [, name = '', column = '', told] = CHANGE.exec(sql.trim()) ?? []
    return told === undefined ? [] : [[`${name}.${column}`, unquoted(told)] as const]
  })
}

function withComments(
  described: DescribedTable,
  changed: ReadonlyMap<string, string>,
): DescribedTable {
  const columns = described.columns.map((column) => {
    const comment = changed.get(`${described.name}.${column.name}`) ?? column.comment
    return { ...column, comment }
  })
  return { ...described, columns }
}

const HEAD = /^CREATE (?:TABLE IF NOT EXISTS|OR REPLACE (?:TABLE|VIEW)) \.?(\w+)\s/
const COLUMN =
  /^\s*`?(\w+)`?\s+(\S.*?)(?: (?:DEFAULT|ALIAS|MATERIALIZED|EPHEMERAL)\b.*?)? COMMENT '((?:''|[^'])*)'/gm

function describe(file: string, sql: string): readonly DescribedTable[] {
  const name = HEAD.exec(sql)?.[1]
  if (name === undefined || / AS events_?\w* ENGINE|_probe/.test(sql.slice(0, 200))) return []
  const comment = /\nCOMMENT '((?:''|[^'])*)'\s*$/.exec(sql)?.[1]
  if (comment === undefined) throw new Error(`${file}: ${name} does not end with a COMMENT`)
  const list = /^\S[^(]*\(\n([^]*?)\n\)/.exec(sql)?.[1] ?? ''
  if (list === '' && !sql.includes(` AS\nSELECT ${OF_TRACKED}\n`))
    throw new Error(
      `${file}: ${name} has no list of columns: name them, or select \${TRACKED_COLUMNS}`,
    )
  const columns = [...list.matchAll(COLUMN)].map(([, column = '', type = '', told = '']) => {
    return { name: column, type, comment: unquoted(told) }
  })
  const uncommented = list
    .split('\n')
    .filter((line) => /^\s*`?[a-z]\w*`? /.test(line) && !line.includes(' COMMENT '))
  if (uncommented.length > 0)
    throw new Error(`${file}: ${name} has a column without a COMMENT: ${uncommented.join('')}`)
  return [
    { name, kind: sql.includes(' VIEW ') ? 'view' : 'table', comment: unquoted(comment), columns },
  ]
}

function unquoted(text: string): string {
  return text.replaceAll("''", "'")
}
