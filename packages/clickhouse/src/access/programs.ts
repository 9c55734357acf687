import type { Grant, Role } from './role.ts'
import { ASK_ALL_SERVERS, ON_CLUSTER, READ_SHARD, SEE_DISKS, WRITE_AUDIT } from './shared-grants.ts'

const REGISTER_LOGS: readonly Grant[] = [
  {
    rights: ['SELECT'],
    on: ['kafka_logs'],
    columns: ['generation', 'cluster_id', 'topic', 'topic_id'],
    without: 'the generation of a log is not known, and nothing is read of its topic',
  },
  {
    rights: ['INSERT'],
    on: ['kafka_logs'],
    without: 'a log that setup has not seen is not registered, and nothing is read of its topic',
    isOptional: true,
  },
  {
    rights: ['SELECT'],
    on: ['events', 'rejected_events', 'dead_letters'],
    columns: ['version'],
    without: 'rows above all registered logs are not found, and the start fails',
  },
]

/** `rollup_freshness`, and what it reads: marks, which say nothing of anybody. */
const READ_FRESHNESS: readonly Grant[] = [
  { on: ['rollup_freshness'] },
  { on: ['rollup_daily'], columns: ['event', 'group_id', 'day', 'refreshed_at'] },
  { on: ['catalogue_daily'], columns: ['event', 'property', 'day', 'refreshed_at'] },
  { on: ['catalogue'], columns: ['event', 'property', 'refreshed_at'] },
].map((what) => ({
  ...what,
  rights: ['SELECT'],
  without: 'how far the rollups are behind is not measured, and no alert tells it',
  isOptional: true,
}))

/** Programs of ours, each with what it needs and no more. */
export const PROGRAMS: readonly Role[] = [
  {
    name: 'setup',
    who: '`npm run setup`',
    grants: [
      {
        rights: ['CREATE DATABASE', 'CREATE TABLE', 'DROP TABLE'],
        on: ['*'],
        without: 'setup fails at the migrations, or at the views that it makes anew',
      },
      {
        rights: ['ALTER TABLE'],
        on: ['*'],
        without: 'columns of hot properties are not added',
      },
      {
        rights: ['SELECT', 'INSERT'],
        on: ['*'],
        without:
          'migrations and logs are not registered; rollups are refreshed with the rights of the user that ran setup last',
      },
      {
        rights: ['CREATE DATABASE', 'CREATE TABLE', 'DROP TABLE', 'SELECT', 'INSERT'],
        on: ['keys.*'],
        without:
          'setup fails at the keys of sealed properties; tracked_unsealed reads them with the rights of the user that ran setup last',
      },
      {
        rights: ['SELECT'],
        on: ['system.columns', 'system.tables', 'system.parts', 'system.mutations'],
        without: 'what exists cannot be compared',
      },
      {
        rights: ['SHOW USERS', 'SHOW ROLES'],
        on: ['*.*'],
        without:
          'setup does not see that a file has made the roles, and says that it may not make them; logins of accounts are not listed',
        isOptional: true,
      },
      {
        rights: ['CREATE DATABASE', 'CREATE TABLE', 'DROP TABLE', 'SELECT', 'INSERT'],
        on: ['all.*'],
        without: 'setup fails at the tables over all shards',
        isOfShards: true,
      },
      {
        rights: ['REMOTE'],
        on: ['*.*'],
        without: 'the same: they are of the engine Distributed',
        isOfShards: true,
      },
      SEE_DISKS,
      ASK_ALL_SERVERS,
      ON_CLUSTER,
    ],
  },
  {
    name: 'writer',
    who: 'the consumer',
    grants: [
      {
        rights: ['INSERT'],
        on: ['events', 'rejected_events', 'dead_letters'],
        without: 'the consumer halts',
      },
      {
        rights: ['INSERT'],
        on: ['events_probe', 'rejected_events_probe', 'dead_letters_probe', 'keys.seal_keys_probe'],
        without: 'the consumer halts at the first record that ClickHouse refuses',
      },
      {
        rights: ['SELECT'],
        on: ['events'],
        columns: [
          'group_id',
          'event',
          'timestamp',
          'event_id',
          'received_at',
          'kafka_partition',
          'kafka_offset',
          'version',
        ],
        without: 'nobody knows which rows are there after a restart, and the consumer halts',
      },
      {
        rights: ['SELECT'],
        on: ['rejected_events'],
        columns: [
          'code',
          'received_at',
          'request_id',
          'index',
          'kafka_partition',
          'kafka_offset',
          'version',
        ],
        without: 'the same, of rejected events',
      },
      {
        rights: ['SELECT'],
        on: ['dead_letters'],
        columns: [
          'source_topic',
          'source_log',
          'source_partition',
          'source_offset',
          'dead_lettered_at',
          'kafka_partition',
          'kafka_offset',
          'version',
        ],
        without: 'the same, of dead letters',
      },
      {
        rights: ['INSERT'],
        on: ['keys.seal_keys'],
        without: 'the consumer halts at the first key of a sealed property',
      },
      {
        // Not `key`: who may insert keys need not read any.
        rights: ['SELECT'],
        on: ['keys.seal_keys'],
        columns: ['key_id', 'made_at', 'kafka_partition', 'kafka_offset', 'version'],
        without: 'the same, at the first restart',
      },
      {
        rights: ['SELECT'],
        on: ['keys.destroyed_keys'],
        without: 'the same: a destroyed key could come back',
      },
      ...REGISTER_LOGS,
      {
        rights: ['INSERT'],
        on: ['settled'],
        without: '`complete_until` stands still',
        isOptional: true,
      },
      READ_SHARD,
      ...READ_FRESHNESS,
      {
        rights: ['SELECT'],
        on: ['system.tables'],
        columns: ['database', 'name', 'dependencies_database', 'dependencies_table'],
        without: 'views of yours on the tables are not seen, and miss rows after a crash',
      },
    ],
  },
  {
    name: 'replay',
    who: '`npm run replay`',
    grants: [
      {
        rights: ['SELECT'],
        on: ['rejected_events', 'dead_letters', 'tracked', 'events'],
        without: 'replay fails at the start, or does not see that newer copies are there',
      },
      WRITE_AUDIT,
      READ_SHARD,
      ...REGISTER_LOGS,
    ],
  },
  {
    name: 'views',
    who: '`npm run views`',
    grants: [
      {
        // ClickHouse makes the new view under such a name, and exchanges the two.
        rights: ['SELECT', 'DROP TABLE'],
        on: ['_tmp_replace_*'],
        without: 'a view of events that is there is not changed',
      },
      {
        rights: ['CREATE TABLE', 'DROP VIEW', 'INSERT'],
        on: ['event_*'],
        without: 'views of events stay as they are',
      },
      {
        rights: ['SHOW COLUMNS'],
        on: ['tracked'],
        without: 'no view of events can be made',
      },
      {
        rights: ['SELECT'],
        on: [
          'catalogue_events',
          'catalogue_properties',
          'catalogue',
          'rollup_freshness',
          'rollup_daily',
          'catalogue_daily',
        ],
        without: 'events without a plan are not found',
      },
      {
        rights: ['SELECT'],
        on: ['system.columns', 'system.tables'],
        without: 'no view is found to be ours',
      },
      SEE_DISKS,
      READ_SHARD,
      ON_CLUSTER,
    ],
  },
  {
    name: 'hot_properties',
    who: '`npm run hot-properties`',
    grants: [
      {
        rights: ['SELECT'],
        on: ['system.query_log', 'system.columns', 'system.tables'],
        without: 'nothing is proposed',
      },
      {
        rights: ['SELECT'],
        on: ['events', 'catalogue_properties', 'catalogue'],
        without: 'nothing is measured',
      },
      {
        rights: ['ALTER MATERIALIZE COLUMN'],
        on: ['events'],
        without: '`--fill` fails',
      },
      {
        rights: ['SELECT'],
        on: ['system.parts_columns', 'system.parts', 'system.mutations'],
        without: '`--fill` fails',
      },
      SEE_DISKS,
      READ_SHARD,
      ON_CLUSTER,
      ASK_ALL_SERVERS,
    ],
  },
]
