import type { Grant, Role } from './role.ts'

/** Of every command that reads, changes or deletes other people's data. */
export const WRITE_AUDIT: Grant = {
  rights: ['INSERT'],
  on: ['audit'],
  without: 'the command does not begin: nobody would know that it ran',
}

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
        on: ['system.tables'],
        without: 'what is in force is not known',
      },
      WRITE_AUDIT,
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
    ],
  },
  {
    name: 'destroy_keys',
    who: '`npm run destroy-keys`',
    grants: [
      {
        rights: ['SELECT'],
        on: ['keys.seal_keys'],
        columns: ['key_id', 'group_id', 'user_id', 'anonymous_id'],
        without: 'no key is found',
      },
      {
        rights: ['ALTER DELETE'],
        on: ['keys.seal_keys'],
        without: 'no key is destroyed',
      },
      {
        rights: ['SELECT', 'INSERT'],
        on: ['keys.destroyed_keys'],
        without: 'destroyed keys could come back from Kafka, so none is destroyed',
      },
      {
        rights: ['SELECT'],
        on: ['system.parts'],
        without: 'nobody knows when the replaced parts are removed, and the command fails',
      },
    ],
  },
]
