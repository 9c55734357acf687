import type { ClickHouse } from '../client/clickhouse.ts'
import { ClickHouseFailure } from '../errors/failure.ts'
import { kindSeen, KINDS, SEEN_TYPES } from '../event-views/columns.ts'
import { columnName } from '../event-views/names.ts'
import { readViews } from '../event-views/read.ts'
import type { CataloguedProperty } from '../event-views/sources.ts'
import { speltLists } from '../event-views/spelt.ts'
import { columnOf, type HotProperty } from '../migrations/hot-properties.ts'
import { demandOf, type AskedQuery, type Demand } from './demand.ts'
import { measure, type Sample } from './sample.ts'
import type { ViewColumns } from './extractions.ts'

/** A property that queries read from the JSON, with what a column of its own would change. */
export interface Proposal extends Demand {
  /** As it would be declared; `null`: there is none to propose, and `why` says why. */
  readonly column: HotProperty | null
  readonly why: string | null
  /** CPU seconds that its queries would have taken less at most; `null`: there are too few events to say. */
  readonly gainSeconds: number | null
  /** What each row would take more when it is inserted. */
  readonly microsecondsPerRow: number | null
}

export interface Proposals {
  /** Statements of the log that were looked at. */
  readonly statements: number
  /** When the log begins, as `2026-01-31 09:30:00`, UTC; `null`: it reaches as far back as was asked. */
  readonly logBegins: string | null
  readonly proposals: readonly Proposal[]
}

export interface ProposeOptions {
  readonly clickhouse: ClickHouse
  readonly hotProperties: readonly HotProperty[]
  readonly isPersonal: (property: string) => boolean
  /** How far back the log is read. */
  readonly days: number
  /** How many properties at most. */
  readonly limit: number
}

/** There is no log to read. */
export class NoQueryLog extends Error {
  constructor(cause: unknown) {
    super(
      'this ClickHouse keeps no system.query_log: set log_queries=1 and query_log in its configuration',
      { cause },
    )
    this.name = 'NoQueryLog'
  }
}

/** The costliest statements that are looked at, each once. */
const MAX_STATEMENTS = 5_000
const UNKNOWN_TABLE = 60

/**
 * Which properties queries read from the JSON most, by `system.query_log`, and what columns for them would bring.
 *
 * @throws {NoQueryLog | ClickHouseFailure}
 */
export async function proposeHotProperties(options: ProposeOptions): Promise<Proposals> {
  const { clickhouse, hotProperties, isPersonal, limit } = options
  const views = await readViewColumns(clickhouse)
  const asked = await readLog(options)
  const logBegins = await readLogBegin(options)
  const demands = demandOf(asked, views).slice(0, limit)
  const seen = await readTypes(clickhouse, demands)
  const own = await readColumns(clickhouse)
  const proposals: Proposal[] = []
  for (const demand of demands) {
    const { property } = demand
    const hot = hotProperties.find((each) => each.property === property)
    const types = seen.get(property)
    const kind = types === undefined ? null : kindSeen(types)
    const type = kind === null ? null : KINDS[kind].type
    if (hot !== undefined || type === null) {
      const why =
        hot === undefined
          ? whyNoType(types)
          : `has the column ${columnOf(hot)}: let queries name it`
      proposals.push({ ...demand, column: null, why, gainSeconds: null, microsecondsPerRow: null })
      continue
    }
    const sample = await measure(clickhouse, { property, type })
    const column = declaration({ property, type: sample?.type ?? type, own, isPersonal })
    proposals.push({ ...demand, column, why: null, ...gain(demand, sample) })
  }
  const statements = asked.reduce((sum, { queries }) => sum + queries, 0)
  return { statements, logBegins, proposals }
}

function whyNoType(types: CataloguedProperty | undefined): string {
  return types === undefined
    ? 'no event has it, or the catalogue has not counted it yet'
    : 'several types, objects or lists: no one type fits; declare what you need by hand'
}

function gain(
  { seconds }: Demand,
  sample: Sample | null,
): Pick<Proposal, 'gainSeconds' | 'microsecondsPerRow'> {
  if (sample === null) return { gainSeconds: null, microsecondsPerRow: null }
  return { gainSeconds: seconds * sample.share, microsecondsPerRow: sample.microsecondsPerRow }
}

function declaration({
  property,
  type,
  own,
  isPersonal,
}: {
  readonly property: string
  readonly type: string
  readonly own: ReadonlySet<string>
  readonly isPersonal: (property: string) => boolean
}): HotProperty {
  const name = columnName(property, own)
  const personal = isPersonal(property) ? ' Personal data.' : ''
  return {
    property,
    ...(name === property ? {} : { column: name }),
    type,
    comment: `Property ${property}, as sent.${personal}`,
  }
}

async function readViewColumns(clickhouse: ClickHouse): Promise<ViewColumns> {
  const { views } = await readViews(clickhouse)
  return new Map(
    views.map(({ name, columnByProperty }) => [
      name,
      new Map([...columnByProperty].map(([property, column]) => [column.name, property])),
    ]),
  )
}

/** Our own programs are not asked about: what they read no column makes faster. */
async function readLog({ clickhouse, days }: ProposeOptions): Promise<readonly AskedQuery[]> {
  const sql = `
    SELECT substring(query, 1, 10000) AS query, toUInt32(count()) AS queries, sum(read_rows)::Float64 AS rows,
      sum(if(ProfileEvents['OSCPUVirtualTimeMicroseconds'] > 0,
        ProfileEvents['OSCPUVirtualTimeMicroseconds'] / 1e6, query_duration_ms / 1e3)) AS seconds
    FROM system.query_log
    WHERE type = 'QueryFinish' AND is_initial_query AND query_kind IN ('Select', 'Insert')
      AND event_date >= today() - {days:UInt32} AND event_time >= now() - toIntervalDay({days:UInt32})
      AND NOT startsWith(http_user_agent, 'custom-events')
      AND (current_database = {database:String} OR position(query, {database:String}) > 0)
      AND (position(query, 'properties') > 0 OR position(query, 'event_') > 0)
    GROUP BY query ORDER BY seconds DESC, query LIMIT ${MAX_STATEMENTS}`
  try {
    return await clickhouse.query<AskedQuery>(sql, { days, database: clickhouse.database })
  } catch (error) {
    const isMissing = error instanceof ClickHouseFailure && error.failure.code === UNKNOWN_TABLE
    throw isMissing ? new NoQueryLog(error) : error
  }
}

/** In the order of the log's key, so that of a long one little is read. */
async function readLogBegin({ clickhouse, days }: ProposeOptions): Promise<string | null> {
  const [first] = await clickhouse.query<{ readonly begins: string; readonly is_late: boolean }>(
    `SELECT formatDateTime(event_time, '%F %T', 'UTC') AS begins,
       (event_time > now() - toIntervalDay({days:UInt32}))::Bool AS is_late
     FROM system.query_log ORDER BY event_date, event_time LIMIT 1`,
    { days },
  )
  return first?.is_late === true ? first.begins : null
}

async function readTypes(
  clickhouse: ClickHouse,
  demands: readonly Demand[],
): Promise<ReadonlyMap<string, CataloguedProperty>> {
  const seen = new Map<string, CataloguedProperty>()
  for (const list of speltLists(demands.map(({ property }) => property))) {
    const rows = await clickhouse.query<CataloguedProperty>(
      `SELECT property, ${SEEN_TYPES.map((type) => `sum(p.${type})::Float64 AS ${type}`).join(', ')}
       FROM catalogue_properties AS p WHERE property IN (${list}) GROUP BY property`,
    )
    for (const row of rows) seen.set(row.property, row)
  }
  return seen
}

async function readColumns(clickhouse: ClickHouse): Promise<ReadonlySet<string>> {
  const columns = await clickhouse.query<{ readonly name: string }>(
    `SELECT name FROM system.columns
     WHERE database = {database:String} AND table = 'events'`,
    { database: clickhouse.database },
  )
  return new Set(columns.map(({ name }) => name))
}
