// Views of events over what a test says that the catalogue has, and rows that the test inserts.
import {
  makeEventViews,
  type EventViewsOptions,
  type EventViewsResult,
} from '@custom-events/clickhouse'
import type { Copy, RolledUp } from '../support/rollups.ts'

/** A property that the catalogue shall have, and how many values of which JSON type. */
export interface Seen {
  readonly event: string
  /** @default the event itself */
  readonly property?: string
  readonly events?: number
  readonly strings?: number
  readonly numbers?: number
  readonly booleans?: number
  readonly objects?: number
  readonly arrays?: number
}

/** Puts this into the catalogue instead of what was there, and no refresh changes it any more. */
export async function catalogueIs(rolled: RolledUp, seen: readonly Seen[]): Promise<void> {
  const { clickhouse } = rolled
  await rolled.stop()
  await clickhouse.command('TRUNCATE TABLE catalogue')
  const common = { first_seen: 0, last_seen: 0, refreshed_at: '2026-03-10 00:00:00.000' }
  const rows = [{ event: '', property: '' }, ...seen.map((row) => ({ events: 1, days: 1, ...row }))]
  for (let from = 0; from < rows.length; from += 20_000) {
    const lines = rows
      .slice(from, from + 20_000)
      .map((row) => JSON.stringify({ ...common, ...row }))
    await clickhouse.command(`INSERT INTO catalogue FORMAT JSONEachRow\n${lines.join('\n')}`)
  }
}

export function makeViews(
  { clickhouse }: RolledUp,
  options: Partial<EventViewsOptions> = {},
): Promise<EventViewsResult> {
  return makeEventViews({
    clickhouse,
    plans: [],
    hotProperties: [],
    personalProperties: [],
    maxViews: 100,
    ...options,
  })
}

/** An event with these properties, given as an object or as its JSON text. */
export function rowOf(event: string, properties: object | string, id = '1'): Copy {
  return {
    group_id: 'acme',
    event,
    timestamp: '2026-03-01 10:00:00.000',
    event_id: id,
    user_id: 'ann',
    anonymous_id: null,
    properties: typeof properties === 'string' ? properties : JSON.stringify(properties),
    version: 1,
  }
}

export interface MadeView {
  readonly name: string
  readonly comment: string
}

/** Views of ours by name. */
export async function viewsOf({ clickhouse }: RolledUp): Promise<readonly MadeView[]> {
  return clickhouse.query<MadeView>(
    `SELECT name, comment FROM system.tables
     WHERE database = {database:String} AND name LIKE 'event\\_%' ORDER BY name`,
    { database: clickhouse.database },
  )
}
