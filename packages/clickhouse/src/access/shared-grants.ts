import type { Grant } from './role.ts'

/** Of every command that reads, changes or deletes other people's data. */
export const WRITE_AUDIT: Grant = {
  rights: ['INSERT'],
  on: ['audit'],
  without: 'the command does not begin: nobody would know that it ran',
}

export const ON_CLUSTER: Grant = {
  rights: ['CLUSTER'],
  on: ['*.*'],
  without: 'statements for all servers of CLICKHOUSE_CLUSTER are refused',
  isOfClusters: true,
}

export const ASK_ALL_SERVERS: Grant = {
  rights: ['REMOTE'],
  on: ['*.*'],
  without: 'the other servers of CLICKHOUSE_CLUSTER are not asked',
  isOfClusters: true,
}

/** Keys of sealed properties, by whoever destroys them. */
export const DESTROY_KEYS: readonly Grant[] = [
  {
    // Not `key`: who destroys keys need not read any.
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
]
