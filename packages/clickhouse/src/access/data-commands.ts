import { ERASED_TABLES } from '../erasure/erased-tables.ts'
import type { Role } from './role.ts'
import {
  ASK_ALL_SERVERS,
  DESTROY_KEYS,
  ON_CLUSTER,
  MUST_READ_SHARD,
  READ_SHARD,
  SEE_DISKS,
  WRITE_AUDIT,
} from './shared-grants.ts'

/** Commands about what is kept, and of whom. */
export const DATA_COMMANDS: readonly Role[] = [
  {
    name: 'retention',
    who: '`npm run retention`',
    grants: [
      {
        rights: ['SELECT', 'ALTER TTL', 'ALTER MATERIALIZE TTL', 'ALTER SETTINGS'],
        on: [
          'events',
          'rejected_events',
          'dead_letters',
          'rollup_daily',
          'catalogue_daily',
          'audit',
        ],
        without: 'what would be deleted is not counted, and nothing is changed',
      },
      {
        rights: ['SELECT', 'INSERT'],
        on: ['retention'],
        without: 'rollups would take what expired for deleted, so nothing is changed',
      },
      {
        rights: ['SELECT'],
        on: ['system.tables', 'system.parts', 'system.mutations'],
        without: 'what is in force is not known',
      },
      SEE_DISKS,
      ON_CLUSTER,
      ASK_ALL_SERVERS,
      WRITE_AUDIT,
      READ_SHARD,
    ],
  },
  {
    name: 'export',
    who: '`npm run export`',
    grants: [
      {
        rights: ['SELECT'],
        on: ['tracked', 'events', 'rejected_events', 'complete_until', 'settled', 'kafka_logs'],
        without: 'nothing is exported',
      },
      WRITE_AUDIT,
      READ_SHARD,
    ],
  },
  {
    name: 'destroy_keys',
    who: '`npm run destroy-keys`',
    grants: [
      ...DESTROY_KEYS,
      {
        rights: ['SELECT'],
        on: ['system.parts'],
        without: 'nobody knows when the replaced parts are removed, and the command fails',
      },
      SEE_DISKS,
      WRITE_AUDIT,
      MUST_READ_SHARD,
      ON_CLUSTER,
    ],
  },
  {
    name: 'eraser',
    who: '`npm run erase`',
    grants: [
      {
        rights: ['SELECT', 'INSERT'],
        on: ['erasures'],
        without: 'nothing is erased: nobody would know what was asked',
      },
      {
        rights: ['SELECT', 'ALTER DELETE'],
        on: ['events', 'rejected_events', 'dead_letters'],
        without: 'rows are neither counted nor erased',
      },
      {
        rights: ['SELECT', 'INSERT', 'ALTER DELETE'],
        on: ['erasure_days'],
        without: 'rollups are not counted without them',
      },
      {
        rights: ['SELECT'],
        on: ['rollup_freshness', 'rollup_daily', 'catalogue_daily', 'catalogue'],
        without: 'nobody knows whether the rollups are counted without them',
      },
      {
        rights: ['SYSTEM VIEWS'],
        on: ['rollup_daily_refresh', 'catalogue_daily_refresh', 'catalogue_refresh'],
        without: 'rollups are counted anew within a minute instead of at once',
        isOptional: true,
      },
      {
        rights: ['ALTER UPDATE', 'ALTER DELETE'],
        on: ['rollup_daily'],
        without: 'hashes of users, and names of accounts, stay in days that are counted no more',
      },
      {
        rights: ['OPTIMIZE'],
        on: ['rollup_daily', 'catalogue_daily', 'catalogue'],
        without: 'what was counted before stays until parts are merged, and it is not done before',
      },
      {
        rights: ['ALTER SETTINGS'],
        on: ERASED_TABLES,
        without: 'replaced parts are not removed sooner than ClickHouse does by itself',
      },
      ...DESTROY_KEYS,
      {
        rights: ['SELECT'],
        on: [
          'system.parts',
          'system.mutations',
          'system.detached_parts',
          'system.merge_tree_settings',
          'system.tables',
        ],
        without: 'nobody knows whether erased rows are gone from every part',
      },
      {
        rights: ['CHECK'],
        on: ERASED_TABLES,
        without:
          'nobody knows whether parts that were written anew can be read, and it is not done',
      },
      SEE_DISKS,
      WRITE_AUDIT,
      MUST_READ_SHARD,
      ON_CLUSTER,
      ASK_ALL_SERVERS,
    ],
  },
]
