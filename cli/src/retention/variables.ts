import { integer } from '@custom-events/runtime'

const days = (description: string) => integer({ description, min: -1, max: 36_500, default: -1 })

/** How long rows are kept. */
export const retentionVariables = {
  CLICKHOUSE_RETENTION_DAYS: days(
    'Events are kept at least so many days, by their timestamp, and go with their month; 0: for ever, -1: as it is, in new tables for ever. A tracking plan may say otherwise of its event (x-retention-days).',
  ),
  CLICKHOUSE_REJECTED_RETENTION_DAYS: days(
    'The same of rejected events, by received_at; -1: as CLICKHOUSE_RETENTION_DAYS.',
  ),
  CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS: days(
    'The same of dead letters, by when they were set aside: what was not replayed by then is lost.',
  ),
  CLICKHOUSE_ROLLUP_RETENTION_DAYS: days(
    'The same of the counts of rollups, which stay when their events are gone; they hold hashes of users.',
  ),
  AUDIT_RETENTION_DAYS: days('The same of the table audit.'),
}

/** Days by variable; -1: as it is. */
export type RetentionValues = Readonly<Record<keyof typeof retentionVariables, number>>
