import type { ExpiringTable, Kept } from './ttl.ts'

/** How long each kind of row is to be kept; `undefined`: as it is, in a new table for ever. */
export interface WantedRetention {
  readonly events?: Kept
  readonly rejected?: Kept
  readonly deadLetters?: Kept
  readonly rollups?: Kept
  readonly audit?: Kept
}

export interface RetainedTable extends ExpiringTable {
  /** Which part of the wanted retention is about it. */
  readonly of: keyof WantedRetention
  /** What its rows are, for a person. */
  readonly rows: string
}

/** Every table whose rows expire by configuration. The catalogue shows values of events, so it goes with them. */
export const RETAINED_TABLES: readonly RetainedTable[] = [
  { name: 'events', of: 'events', time: 'timestamp', isByMonth: true, rows: 'events' },
  {
    name: 'catalogue_daily',
    of: 'events',
    time: 'day',
    isByMonth: false,
    rows: 'days of the catalogue',
  },
  {
    name: 'rejected_events',
    of: 'rejected',
    time: 'received_at',
    isByMonth: true,
    rows: 'rejected events',
  },
  {
    name: 'dead_letters',
    of: 'deadLetters',
    time: 'dead_lettered_at',
    isByMonth: false,
    rows: 'dead letters',
  },
  { name: 'rollup_daily', of: 'rollups', time: 'day', isByMonth: false, rows: 'days of rollups' },
  { name: 'audit', of: 'audit', time: 'began_at', isByMonth: true, rows: 'audit entries' },
]
