import { readFileSync } from 'node:fs'
import { quoteText } from '../client/quote.ts'
import { extractionsIn } from '../hot-columns/extractions.ts'

/** A property with a typed column of its own; declared in schemas/hot-properties.json and nowhere else. */
export interface HotProperty {
  /** Name in `properties`. */
  readonly property: string
  /** Name of the column. @default the property's name */
  readonly column?: string
  /** ClickHouse type, without Nullable: the column is NULL where the property is absent or does not fit. */
  readonly type: string
  readonly comment: string
}

/** A hot property that a tracking plan marks, with the place of the mark. */
export type PlannedHotProperty = HotProperty & { readonly markedIn: string }

/** What is wrong with the declaration, or with the table that should have it; everything at once. */
export class HotPropertyError extends Error {
  constructor(problems: readonly string[]) {
    super(`hot properties are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'HotPropertyError'
  }
}

/** @throws {HotPropertyError} naming every entry that is wrong. */
export function readHotProperties(file: URL | string): readonly HotProperty[] {
  const declared: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(declared)) throw new HotPropertyError([`${String(file)}: expected an array`])
  const problems = declared.flatMap(problemsOf)
  const columns = (declared as readonly HotProperty[]).map(columnOf) // only used when well-formed
  const doubled = columns.filter((column, index) => columns.indexOf(column) !== index)
  problems.push(...doubled.map((column) => `column ${column} is declared twice`))
  if (problems.length > 0) throw new HotPropertyError(problems)
  return declared as readonly HotProperty[] // every field was checked above
}

/**
 * The declared hot properties and those that tracking plans mark. Several plans may mark one property.
 *
 * @param planned with where each was marked, for the error.
 * @throws {HotPropertyError} naming every plan that cannot have its column.
 */
export function mergeHotProperties(
  declared: readonly HotProperty[],
  planned: readonly PlannedHotProperty[],
): readonly HotProperty[] {
  const merged = new Map(declared.map((hot) => [columnOf(hot), hot]))
  const problems: string[] = []
  for (const { markedIn, ...hot } of planned) {
    problems.push(...problemsOf(hot, 0).map((told) => told.replace('entry 0', markedIn)))
    const other = merged.get(columnOf(hot)) ?? hot
    merged.set(columnOf(hot), other)
    if (other.property === hot.property && plain(other.type) === plain(hot.type)) continue
    problems.push(
      `${markedIn}: column ${columnOf(hot)} is ${other.type} of ${other.property} already: ` +
        'take that type, or give another "column"',
    )
  }
  if (problems.length > 0) throw new HotPropertyError(problems)
  return [...merged.values()]
}

function problemsOf(entry: unknown, index: number): string[] {
  const at = `entry ${index}`
  if (typeof entry !== 'object' || entry === null) return [`${at}: expected an object`]
  const { property, column, type, comment } = entry as Record<string, unknown>
  const problems: string[] = []
  if (typeof property !== 'string' || property === '') problems.push(`${at}: property is missing`)
  if (column !== undefined && typeof column !== 'string') problems.push(`${at}: column: no text`)
  const name = column ?? property
  if (typeof name === 'string' && !/^[a-z][a-z0-9_]*$/i.test(name)) {
    problems.push(`${at}: ${name} cannot name a column, give one in "column"`)
  }
  if (typeof type !== 'string' || !TYPE.test(type)) {
    problems.push(`${at}: type ${String(type)} is not one of ${TYPES}`)
  }
  if (typeof comment !== 'string') problems.push(`${at}: comment is missing`)
  return problems
}

/** Types that JSONExtract can read and that can be NULL. */
const TYPES =
  'String, LowCardinality(String), Bool, Float64, Int64, UInt64, Decimal(p, s), DateTime64(p)'
const TYPE =
  /^(String|LowCardinality\(String\)|Bool|Float64|U?Int(8|16|32|64)|Decimal\(\d+, ?\d+\)|UUID|DateTime64\(\d\))$/

export function columnOf(hot: HotProperty): string {
  return hot.column ?? hot.property
}

/** LowCardinality goes outside Nullable in ClickHouse. */
export function columnType(hot: HotProperty): string {
  const inner = /^LowCardinality\((.*)\)$/.exec(hot.type)?.[1]
  return inner === undefined ? `Nullable(${inUtc(hot.type)})` : `LowCardinality(Nullable(${inner}))`
}

/** Else a time would be shown in the zone of whoever asks, and compared with texts in it. */
function inUtc(type: string): string {
  return type.replace(/^DateTime64\((\d)\)$/, "DateTime64($1, 'UTC')")
}

/** As a view declares it: its name, type and comment. */
export function columnDeclaration(hot: HotProperty): string {
  return `\`${columnOf(hot)}\` ${columnType(hot)} COMMENT ${quoteText(hot.comment)}`
}

/** A column of a table, as ClickHouse describes it. */
export interface ExistingColumn {
  readonly name: string
  readonly type: string
  /** `MATERIALIZED`, `DEFAULT` … or empty. */
  readonly default_kind: string
  readonly default_expression: string
}

/**
 * The statements that give `events` its missing hot columns. A column is never removed, nor what it holds changed:
 * analysts may depend on it, and its old rows hold the old type. Times of older releases are given their zone, which is no part of
 * what is stored.
 *
 * @throws {HotPropertyError} when a column exists with another type or of another property, or is one of the table's own.
 */
export function reconcile(
  declared: readonly HotProperty[],
  existing: readonly ExistingColumn[],
  onCluster = '',
): readonly string[] {
  const byName = new Map(existing.map((column) => [column.name, column]))
  const problems: string[] = []
  const statements: string[] = []
  for (const hot of declared) {
    const name = columnOf(hot)
    const found = byName.get(name)
    if (found === undefined) statements.push(addColumn(hot, onCluster))
    else if (found.default_kind !== 'MATERIALIZED') {
      problems.push(`${name} is a column of events itself: give the property another "column"`)
    } else if (lacksZone(hot, found)) {
      problems.push(...otherProperty(hot, found))
      statements.push(giveZone(hot, onCluster))
    } else if (plain(found.type) !== plain(columnType(hot))) {
      problems.push(
        `${name} is ${found.type} in the table and declared ${columnType(hot)}: ` +
          'give the new type a new "column", or drop the old column yourself first',
      )
    } else {
      problems.push(...otherProperty(hot, found))
    }
  }
  if (problems.length > 0) throw new HotPropertyError(problems)
  return statements
}

/** A column would go on showing what it was made of, under a name and in views that say otherwise. */
function otherProperty(hot: HotProperty, found: ExistingColumn): readonly string[] {
  const read = extractionsIn(found.default_expression, new Map())
  if (read.size === 0 || read.has(hot.property)) return []
  const [of] = read
  return [
    `${found.name} is filled from the property ${JSON.stringify(of)} in the table and declared of ${JSON.stringify(hot.property)}: ` +
      'give the other property another "column", or drop the old column yourself first',
  ]
}

/** Whether it is of a release in which times had no zone. */
function lacksZone({ type }: HotProperty, found: ExistingColumn): boolean {
  return type !== inUtc(type) && plain(found.type) === plain(`Nullable(${type})`)
}

function giveZone(hot: HotProperty, onCluster: string): string {
  return `ALTER TABLE events ${onCluster} MODIFY COLUMN \`${columnOf(hot)}\` ${columnType(hot)}`
}

/** IF NOT EXISTS: another setup may run at the same time. */
function addColumn(hot: HotProperty, onCluster: string): string {
  return (
    `ALTER TABLE events ${onCluster} ADD COLUMN IF NOT EXISTS \`${columnOf(hot)}\` ` +
    `${columnType(hot)} MATERIALIZED ${typedValue(hot)} COMMENT ${quoteText(hot.comment)}`
  )
}

/**
 * NULL when the property is absent or its JSON type does not fit. JSONExtract alone makes 1 of `true`, 12.5 of
 * `"12.50"` and 2 of 2.5, and throws, so that the row cannot be inserted, for a number that a Decimal or a
 * DateTime64 cannot hold. The document is parsed once: what is looked at and converted is the value's own text.
 *
 * @param properties the column that holds them
 */
export function typedValue(
  { property, type }: Pick<HotProperty, 'property' | 'type'>,
  properties = 'properties',
): string {
  const raw = `JSONExtractRaw(${properties}, ${quoteText(property)})`
  const inner = /^LowCardinality\((.*)\)$/.exec(type)?.[1] ?? type
  if (inner === 'Bool') return `multiIf(${raw} = 'true', true, ${raw} = 'false', false, NULL)`
  // Their text in JSON is that of a number or nothing they take; a Float64 is parsed exactly by JSONExtract only.
  if (/^(U?Int|Decimal)/.test(inner)) return `accurateCastOrNull(${raw}, ${quoteText(inner)})`
  const digits = /^DateTime64\((\d)\)$/.exec(inner)?.[1]
  if (digits !== undefined) {
    const time = `parseDateTime64BestEffortOrNull(JSONExtractString(${raw}), ${digits}, 'UTC')`
    return `if(match(${raw}, '^"[0-9]{4}-[0-9]{2}-[0-9]{2}'), ${time}, NULL)`
  }
  const fits = inner === 'Float64' ? `match(${raw}, '^[-0-9]')` : `startsWith(${raw}, '"')`
  return `if(${fits}, JSONExtract(${raw}, 'Nullable(${inner})'), NULL)`
}

function plain(type: string): string {
  return type.replaceAll(' ', '')
}
