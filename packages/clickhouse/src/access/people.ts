import { ACCOUNT_LIMITS, ACCOUNT_QUOTA, READER_LIMITS, READER_QUOTA } from './limits.ts'
import type { Role } from './role.ts'
import { READ_ALL_SHARDS } from './shared-grants.ts'

/** Views and tables that show one account at a time: each has the column `group_id`, and views are read as their reader. */
const OF_ACCOUNTS = [
  'tracked',
  'user_timeline',
  'event_*',
  'events_daily',
  'active_users_daily',
  'active_users_weekly',
  'active_users_monthly',
  // What the views above read.
  'events',
  'rollup_daily',
]

/** What else there is, for those on call. */
const OF_OPERATORS = [
  'rejected_events',
  'dead_letters',
  'catalogue_events',
  'catalogue_properties',
  'catalogue',
  'catalogue_daily',
  'rollup_freshness',
  'rollup_daily_refresh',
  'catalogue_daily_refresh',
  'catalogue_refresh',
  'complete_until',
  'settled',
  'kafka_logs',
  'migrations',
  'retention',
  'erasures',
  'erasure_days',
  'audit',
  'shard',
  'sent_by_key',
  'query_log_daily',
]

/** People, and what they ask with. */
export const PEOPLE: readonly Role[] = [
  {
    name: 'reader',
    who: 'analysts of all accounts',
    limits: READER_LIMITS,
    quota: READER_QUOTA,
    grants: [
      {
        rights: ['SELECT'],
        on: OF_ACCOUNTS,
        without: 'no event can be asked about, and no rollup',
      },
      {
        rights: ['SELECT'],
        on: ['catalogue_events', 'catalogue_properties', 'catalogue'],
        without: 'nobody sees which events and properties there are',
      },
      {
        rights: ['SELECT'],
        on: ['complete_until', 'settled', 'kafka_logs'],
        without: 'nobody sees up to when events are complete',
      },
      {
        rights: ['SELECT'],
        on: ['rollup_freshness', 'catalogue_daily'],
        without: 'nobody sees up to when the rollups are counted',
      },
      {
        rights: ['SELECT'],
        on: ['rejected_events', 'dead_letters'],
        without: 'nobody sees what was refused at the door or set aside, and why',
      },
      READ_ALL_SHARDS,
    ],
  },
  {
    name: 'account',
    who: 'the analysts of one account',
    limits: ACCOUNT_LIMITS,
    quota: ACCOUNT_QUOTA,
    grants: [
      {
        rights: ['SELECT'],
        on: OF_ACCOUNTS,
        without: 'nothing can be asked; a row policy lets through the rows of one account',
      },
    ],
  },
  {
    name: 'unsealer',
    who: 'analysts who may also read sealed properties',
    limits: READER_LIMITS,
    quota: READER_QUOTA,
    grants: [
      {
        rights: ['SELECT'],
        on: [...OF_ACCOUNTS, 'tracked_unsealed'],
        without: 'sealed properties stay sealed text',
      },
      {
        // Ids of keys, and no key.
        rights: ['SELECT'],
        on: ['keys.destroyed_keys'],
        without: 'nobody sees whether what stays sealed text was destroyed or is lost',
      },
    ],
  },
  {
    name: 'operator',
    who: 'people on call',
    grants: [
      {
        // Each by its name: tracked_unsealed, which shows sealed values, is none of them.
        rights: ['SELECT'],
        on: [...OF_ACCOUNTS, ...OF_OPERATORS, 'system.*'],
        without: 'what the runbook asks is refused',
      },
      READ_ALL_SHARDS,
      {
        rights: ['SYSTEM VIEWS'],
        on: ['*'],
        without: 'a rollup is not refreshed by hand',
      },
      {
        rights: ['OPTIMIZE'],
        on: ['events'],
        without: 'the old copy of an event that was put right stays until parts are merged',
      },
      {
        rights: ['KILL QUERY'],
        on: ['*.*'],
        without: 'a query that hurts is not ended',
      },
    ],
  },
]
