import type { ClickHouse } from '../client/clickhouse.ts'
import { mustHaveRoom } from '../disk/room.ts'
import { ClickHouseFailure } from '../errors/failure.ts'
import { quoteIdentifier } from '../client/quote.ts'
import { columnOf, columnType, type HotProperty } from '../migrations/hot-properties.ts'
import type { PersonalProperties } from '../migrations/migrate.ts'
import { readCatalogue, readTracked, readViews, type FoundView } from './read.ts'
import type { PlannedEvent } from './sources.ts'
import type { StandingHotProperty } from './columns.ts'
import { viewStatement, type BaseColumn, type EventView, type ViewStatement } from './statement.ts'
import { wantedViews } from './wanted.ts'

export interface EventViewsOptions {
  readonly clickhouse: ClickHouse
  readonly plans: readonly PlannedEvent[]
  /** Those that `tracked` has not are read from the JSON. */
  readonly hotProperties: readonly HotProperty[]
  readonly personalProperties: PersonalProperties
  /** How many views of events without a plan there are; with those that had one before, up to twice as many. */
  readonly maxViews: number
  /** `ON CLUSTER …`, or nothing. @default '' */
  readonly onCluster?: string
}

export interface EventViewsResult {
  readonly made: number
  readonly changed: number
  readonly unchanged: number
  /** Names of views whose events are nowhere any more. */
  readonly dropped: readonly string[]
  /** What ClickHouse refused, a sentence each. */
  readonly failed: readonly string[]
  /** What somebody should know, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Makes a view with typed columns for each event of a plan and for the most frequent others. Only views that carry our mark are
 * replaced or dropped. One that ClickHouse refuses stops no other.
 *
 * @throws {ClickHouseFailure} when ClickHouse does not answer.
 */
export async function makeEventViews(options: EventViewsOptions): Promise<EventViewsResult> {
  const { clickhouse, plans, hotProperties, personalProperties: personal } = options
  const { maxViews, onCluster = '' } = options
  const found = await readViews(clickhouse)
  const tracked = await readTracked(clickhouse)
  const hot = standingOf(hotProperties, tracked)
  const base = tracked.filter(({ name }) => !hot.some((each) => name === columnOf(each)))
  const asked = [...plans, ...found.views].map(({ event }) => event)
  const catalogue = await readCatalogue(clickhouse, { top: maxViews + asked.length, events: asked })
  const isPersonal = (property: string): boolean =>
    personal === 'all' || personal.includes(property)
  const wanted = wantedViews({ plans, catalogue, hot, isPersonal, base, found, maxViews })

  const changes = wanted.views.map((view) =>
    changeOf(view, viewStatement(view, base, onCluster), found.views),
  )
  // On a cluster another server may lack what this one has.
  const due = changes.filter(({ kind }) => kind !== 'unchanged' || onCluster !== '')
  const attempts: readonly Attempt[] = [
    ...due.map(({ name, sql }) => ({ name, sql })),
    ...wanted.gone.map(({ name }) => ({
      name,
      sql: `DROP VIEW IF EXISTS ${quoteIdentifier(name)} ${onCluster}`,
    })),
  ]
  if (due.length > 0) await mustHaveRoom({ clickhouse, cluster: '' }, null)
  const failures = await attemptAll(clickhouse, attempts)
  const isDone = ({ name }: { readonly name: string }): boolean => !failures.has(name)
  const count = (kind: Change['kind']): number =>
    changes.filter((change) => change.kind === kind && isDone(change)).length
  return {
    made: count('made'),
    changed: count('changed'),
    unchanged: count('unchanged'),
    dropped: wanted.gone.filter(isDone).map(({ name }) => name),
    failed: [...failures].map(
      ([name, { message }]) => `${name} is not as it should be: ${message.slice(0, 500)}`,
    ),
    notes: [...hot.flatMap(declaredAnew), ...wanted.notes],
  }
}

function standingOf(
  hotProperties: readonly HotProperty[],
  tracked: readonly BaseColumn[],
): readonly StandingHotProperty[] {
  return hotProperties.flatMap((each) => {
    const column = tracked.find(({ name }) => name === columnOf(each))
    return column === undefined ? [] : [{ ...each, columnType: column.type }]
  })
}

/** ClickHouse would convert what the column holds without a word: what does not fit would be NULL, or cut. */
function declaredAnew(hot: StandingHotProperty): readonly string[] {
  const declared = columnType(hot)
  if (declared.replaceAll(' ', '') === hot.columnType.replaceAll(' ', '')) return []
  return [
    `${columnOf(hot)} is ${hot.columnType} in tracked and declared ${declared}: views show it as it is; setup says what to do`,
  ]
}

interface Attempt {
  readonly name: string
  readonly sql: string
}

interface Change extends Attempt {
  readonly kind: 'made' | 'changed' | 'unchanged'
}

function changeOf(
  { name }: EventView,
  { fingerprint, sql }: ViewStatement,
  views: readonly FoundView[],
): Change {
  const standing = views.find((view) => view.name === name)
  const isSame = standing?.fingerprint === fingerprint
  const kind = standing === undefined ? 'made' : isSame ? 'unchanged' : 'changed'
  return { name, kind, sql: sql(standing === undefined) }
}

/** @returns what ClickHouse refused, by the name of the view. @throws {ClickHouseFailure} when it does not answer */
async function attemptAll(
  clickhouse: ClickHouse,
  attempts: readonly Attempt[],
): Promise<ReadonlyMap<string, ClickHouseFailure>> {
  const failures = new Map<string, ClickHouseFailure>()
  for (const { name, sql } of attempts) {
    try {
      await clickhouse.command(sql)
    } catch (error) {
      if (!(error instanceof ClickHouseFailure) || error.failure.code === null) throw error
      failures.set(name, error)
    }
  }
  return failures
}
