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
const FIRST = [
  'tracked',
  'user_timeline',
  'events_daily',
  'active_users_daily',
  'active_users_weekly',
  'active_users_monthly',
  'catalogue_events',
  'catalogue_properties',
  'rollup_freshness',
  'rejected_events',
  'dead_letters',
  'kafka_logs',
  'events',
]

export function tablesPage(): string {
  const tables = describedTables()
  const columnsOf = new Map(tables.map(({ name, columns }) => [name, columns]))
  const sections = tables.map(({ name, kind, comment, columns }) => {
    const rows = columns.map((column) => [
      `\`${column.name}\``,
      `\`${column.type}\``,
      column.comment,
    ])
    // It selects what `tracked` has, and says so in its comment.
    const same =
      columns.length === 0 && columnsOf.has('tracked')
        ? 'Its columns are those of [tracked](#tracked).'
        : ''
    return `## ${name}\n\nA ${kind}. ${comment}\n\n${same || table(['column', 'type', 'what it is'], rows)}\n`
  })
  return `# Tables and views

<!-- Made by \`npm run generate\` from schemas/clickhouse and schemas/hot-properties.json. -->

The database \`custom_events\`, as \`npm run setup\` makes it; the same comments are in \`system.columns\`. Which of them are
exact, and which to ask: [analysts](../analysts.md#what-is-exact). Columns of hot properties are those of
\`schemas/hot-properties.json\`; tracking plans add their own. Views that only refresh others, and tables that only the
services use (\`*_probe\`, \`migrations\`), are left out.

${sections.join('\n')}`
}

/** @throws when a table, a view or a column has no comment. */
export function describedTables(): readonly DescribedTable[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .toSorted()
      .map((file) => `${folder}/${file}`),
  )
  const tables = files.flatMap((file) => statementsOf(file).flatMap((sql) => describe(file, sql)))
  const place = ({ name }: DescribedTable): number =>
    (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1)
  return tables.toSorted((one, other) => place(one) - place(other))
}

function statementsOf(file: string): readonly string[] {
  const hot = readHotProperties('schemas/hot-properties.json').map(
    (each) => `${columnDeclaration(each)},`,
  )
  const text = readFileSync(file, 'utf8').replaceAll(/\$\{(?!HOT_COLUMN_TYPES)[A-Z_]+\}/g, '')
  return sqlStatements(text).map((sql) => substitute(sql, { HOT_COLUMN_TYPES: hot.join('\n') }))
}

const HEAD = /^CREATE (?:TABLE IF NOT EXISTS|OR REPLACE (?:TABLE|VIEW)) (\w+)\s/
const COLUMN =
  /^\s*`?(\w+)`?\s+(\S.*?)(?: (?:DEFAULT|ALIAS|MATERIALIZED|EPHEMERAL) .*?)? COMMENT '((?:''|[^'])*)'/gm

function describe(file: string, sql: string): readonly DescribedTable[] {
  const name = HEAD.exec(sql)?.[1]
  if (name === undefined || / AS events_?\w* ENGINE|_probe/.test(sql.slice(0, 200))) return []
  const comment = /\nCOMMENT '((?:''|[^'])*)'\s*$/.exec(sql)?.[1]
  if (comment === undefined) throw new Error(`${file}: ${name} does not end with a COMMENT`)
  const list = /^\S[^(]*\(\n([^]*?)\n\)/.exec(sql)?.[1] ?? ''
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
