import type { PlannedProperty, PropertyKind } from '@custom-events/event'
import { quoteText } from '../client/quote.ts'
import { typedValue, columnOf, type HotProperty } from '../migrations/hot-properties.ts'
import type { CataloguedProperty } from './sources.ts'

/** A column of a view, by the property that it shows. */
export interface PropertyColumn {
  readonly property: string
  readonly type: string
  /** SQL over the alias `t` of the table. */
  readonly value: string
  readonly comment: string
}

/** Values of other types than the column's that are fewer than this share are NULL in it; else all are text. */
const MISFITS = 0.05

/** Of what is no name but a text. How much such names make of a statement is bounded by `columnsThatFit`. */
export const MAX_NAME_BYTES = 150
export const MAX_COLUMNS = 100

export function canBeColumn(property: string): boolean {
  return property !== '' && Buffer.byteLength(property) <= MAX_NAME_BYTES
}

/** A hot property whose column is there. */
export interface StandingHotProperty extends HotProperty {
  /** Of the column as it is, which is not what is declared when that was changed and setup not run. */
  readonly columnType: string
}

export interface PropertySources {
  readonly property: string
  readonly hot: StandingHotProperty | undefined
  readonly planned: PlannedProperty | undefined
  readonly catalogued: CataloguedProperty | undefined
  readonly isPersonal: boolean
}

/** What is known of a property as a column: by its hot column, else by the plan, else by what was seen. */
export function propertyColumn(sources: PropertySources): PropertyColumn {
  const { property, hot, planned, catalogued, isPersonal } = sources
  const comment = (rule: string): string =>
    [
      (planned?.description ?? hot?.comment ?? '').slice(0, 200) ||
        `Property ${JSON.stringify(property)}.`,
      ...(isPersonal ? ['Personal data.'] : []),
      rule,
    ].join(' ')
  if (hot !== undefined) {
    const value = `t.\`${columnOf(hot)}\``
    const rule = 'NULL where it is absent or of another type: see properties.'
    return { property, type: hot.columnType, value, comment: comment(rule) }
  }
  const kind = planned?.kind ?? (catalogued === undefined ? 'mixed' : kindSeen(catalogued))
  const { type, rule } = KINDS[kind]
  const value = type === null ? textValue(property) : typedValue({ property, type }, 't.properties')
  return { property, type: `Nullable(${type ?? 'String'})`, value, comment: comment(rule) }
}

interface Kind {
  /** ClickHouse type; `null`: any value as text. */
  readonly type: string | null
  /** Which JSON types fit. */
  readonly fits: readonly SeenType[]
  readonly rule: string
}

type SeenType = 'strings' | 'numbers' | 'booleans' | 'objects' | 'arrays'

export const SEEN_TYPES: readonly SeenType[] = [
  'strings',
  'numbers',
  'booleans',
  'objects',
  'arrays',
]

const elsewhere = 'what else was sent is in properties.'
export const KINDS: Readonly<Record<PropertyKind, Kind>> = {
  string: { type: 'String', fits: ['strings'], rule: `NULL where it is no string; ${elsewhere}` },
  time: {
    type: 'DateTime64(3)',
    fits: ['strings'],
    rule: `NULL where it is no time; ${elsewhere}`,
  },
  uuid: { type: 'UUID', fits: ['strings'], rule: `NULL where it is no UUID; ${elsewhere}` },
  integer: {
    type: 'Int64',
    fits: ['numbers'],
    rule: `NULL where it is no whole number; ${elsewhere}`,
  },
  number: { type: 'Float64', fits: ['numbers'], rule: `NULL where it is no number; ${elsewhere}` },
  boolean: {
    type: 'Bool',
    fits: ['booleans'],
    rule: `NULL where it is not true or false; ${elsewhere}`,
  },
  mixed: {
    type: null,
    fits: SEEN_TYPES,
    rule: 'Any value as text: strings as they are, others as JSON.',
  },
}

/** The kind of at least 95 % of the values. */
export function kindSeen(seen: CataloguedProperty): PropertyKind {
  const all = SEEN_TYPES.reduce((sum, type) => sum + seen[type], 0)
  const isMost = (type: SeenType): boolean => seen[type] > 0 && all - seen[type] <= all * MISFITS
  if (isMost('strings')) return 'string'
  if (isMost('numbers')) return 'number'
  return isMost('booleans') ? 'boolean' : 'mixed'
}

function textValue(property: string): string {
  const raw = `JSONExtractRaw(t.properties, ${quoteText(property)})`
  return `multiIf(${raw} IN ('', 'null'), NULL, startsWith(${raw}, '"'), JSONExtractString(${raw}), ${raw})`
}
