import type { ClickHouse } from '../client/clickhouse.ts'
import { SEEN_TYPES, MAX_COLUMNS } from './columns.ts'
import type { Catalogue, CataloguedProperty } from './sources.ts'
import { spelt } from './spelt.ts'
import {
  PROPERTY_MARK,
  readPropertyMark,
  readViewMark,
  type BaseColumn,
  type ViewMark,
} from './statement.ts'

/** A view of ours as it is. */
export interface FoundView extends ViewMark {
  readonly name: string
  /** Name and type of a column, by its property. */
  readonly columnByProperty: ReadonlyMap<string, { readonly name: string; readonly type: string }>
}

export interface FoundNames {
  readonly views: readonly FoundView[]
  /** Of everything else in the database. */
  readonly others: ReadonlySet<string>
}

/** @throws {ClickHouseFailure} */
export async function readViews(clickhouse: ClickHouse): Promise<FoundNames> {
  const { database } = clickhouse
  const tables = await clickhouse.query<{ name: string; engine: string; comment: string }>(
    'SELECT name, engine, comment FROM system.tables WHERE database = {database:String} ORDER BY name',
    { database },
  )
  const columns = await clickhouse.query<BaseColumn & { readonly table: string }>(
    `SELECT table, name, type, comment FROM system.columns
     WHERE database = {database:String} AND table LIKE 'event\\_%' AND position(comment, {mark:String}) > 0
     ORDER BY table, position`,
    { database, mark: PROPERTY_MARK },
  )
  const columnsByTable = Map.groupBy(columns, ({ table }) => table)
  const views = tables.flatMap(({ name, engine, comment }): readonly FoundView[] => {
    const mark = engine === 'View' ? readViewMark(comment) : null
    return mark === null
      ? []
      : [{ name, ...mark, columnByProperty: byProperty(columnsByTable.get(name) ?? []) }]
  })
  const ours = new Set(views.map(({ name }) => name))
  const others = new Set(tables.map(({ name }) => name).filter((name) => !ours.has(name)))
  return { views, others }
}

function byProperty(columns: readonly BaseColumn[]): FoundView['columnByProperty'] {
  return new Map(
    columns.flatMap(({ name, type, comment }) => {
      const property = readPropertyMark(comment)
      return property === null ? [] : [[property, { name, type }] as const]
    }),
  )
}

/** The columns of `tracked`. @throws {ClickHouseFailure} @throws {Error} when there are none to be seen */
export async function readTracked(clickhouse: ClickHouse): Promise<readonly BaseColumn[]> {
  const { database } = clickhouse
  const columns = await clickhouse.query<BaseColumn>(
    `SELECT name, type, comment FROM system.columns
     WHERE database = {database:String} AND table = 'tracked' ORDER BY position`,
    { database },
  )
  if (columns.length > 0) return columns
  // ClickHouse does not refuse: it shows what the user may see.
  throw new Error(
    `${database}.tracked is not there, or this user may not see its columns: run setup, or grant SHOW COLUMNS on it`,
  )
}

export interface CatalogueQuestion {
  /** How many of the most frequent events. */
  readonly top: number
  /** Events beside them. */
  readonly events: readonly string[]
}

/** @throws {ClickHouseFailure} */
export async function readCatalogue(
  clickhouse: ClickHouse,
  { top, events: asked }: CatalogueQuestion,
): Promise<Catalogue> {
  const [freshness] = await clickhouse.query<{ complete: boolean; size: number }>(
    `SELECT (SELECT isNotNull(any(counted_until)) FROM rollup_freshness WHERE name = 'catalogue') AS complete,
            toUInt32((SELECT count() FROM catalogue_events)) AS size`,
  )
  const frequent = await clickhouse.query<{ event: string }>(
    'SELECT event FROM catalogue_events ORDER BY events DESC, event LIMIT {top:UInt32}',
    { top },
  )
  const events = new Set(frequent.map(({ event }) => event))
  const propertiesByEvent = new Map<string, readonly CataloguedProperty[]>()
  for (const names of chunks([...new Set([...events, ...asked])], EVENTS_AT_ONCE)) {
    const list = names.map(spelt).join(', ')
    for (const { event } of await clickhouse.query<{ event: string }>(
      `SELECT event FROM catalogue_events WHERE event IN (${list}) ORDER BY catalogue_events.events DESC, event`,
    )) {
      events.add(event)
    }
    const rows = await clickhouse.query<CataloguedProperty & { readonly event: string }>(
      `SELECT event, property, ${SEEN_TYPES.map((type) => `toFloat64(p.${type}) AS ${type}`).join(', ')}
       FROM catalogue_properties AS p WHERE event IN (${list})
       ORDER BY event, p.events DESC, property LIMIT ${PROPERTIES_AT_MOST} BY event`,
    )
    for (const [event, properties] of Map.groupBy(rows, (row) => row.event)) {
      propertiesByEvent.set(event, properties)
    }
  }
  const isComplete = Boolean(Number(freshness?.complete ?? 0))
  return { isComplete, size: freshness?.size ?? 0, events: [...events], propertiesByEvent }
}

/** A statement holds their names, and ClickHouse reads 256 KiB of it. */
const EVENTS_AT_ONCE = 50

/** One more than can be columns tells that some are left out; those that have a column keep it. */
const PROPERTIES_AT_MOST = 10 * MAX_COLUMNS

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / size)
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size))
}
