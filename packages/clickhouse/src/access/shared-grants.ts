import type { Grant } from './role.ts'

/** Of every command that reads, changes or deletes other people's data. */
export const WRITE_AUDIT: Grant = {
  rights: ['INSERT'],
  on: ['audit'],
  without: 'the command does not begin: nobody would know that it ran',
}

/** Of every command: which of several ClickHouses it asks. */
export const READ_SHARD: Grant = {
  rights: ['SELECT'],
  on: ['shard'],
  without:
    'with several shards nothing begins: nobody knows whether they are in their order; with one ClickHouse it warns that this may be one of several',
  isOptional: true,
}

/** Of commands that say of somebody that nothing of them is left. */
export const MUST_READ_SHARD: Grant = {
  rights: ['SELECT'],
  on: ['shard'],
  without:
    'nothing begins: of one of several shards, taken for the only one, a receipt would be false',
}

/** Of every command that alters tables, or has parts written anew. */
export const SEE_DISKS: Grant = {
  rights: ['SELECT'],
  on: ['system.disks'],
  without:
    'it does not see that a disk is full, on which ClickHouse can lose the tables that it alters',
  isOptional: true,
}

export const ON_CLUSTER: Grant = {
  rights: ['CLUSTER'],
  on: ['*.*'],
  without: 'statements for all servers of CLICKHOUSE_CLUSTER are refused',
  isOfClusters: true,
}

/** Tables over all shards, by whoever asks them; ClickHouse also asks for the right to the tables of each. */
export const READ_ALL_SHARDS: Grant = {
  rights: ['SELECT'],
  on: ['all.*'],
  without: 'no table over all shards can be asked',
  isOfShards: true,
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
