import type { Sabotage } from './sabotage.ts'

const file = 'packages/kafka/src/shards/shards.ts'
const find = 'wholeTopics.includes(topic) || shardOfPartition(partition, shards) === shard'

/** Where events are spread over two ClickHouses. */
export const sabotagesOfShards: readonly Sabotage[] = [
  {
    name: 'every shard reads every partition',
    shards: 2,
    kinds: [],
    edits: [{ file, find, replace: 'wholeTopics.includes(topic) || partition >= 0' }],
  },
  {
    name: 'partitions are read by the next shard',
    shards: 2,
    kinds: [],
    edits: [
      {
        file,
        find,
        replace: 'wholeTopics.includes(topic) || shardOfPartition(partition + 1, shards) === shard',
      },
    ],
  },
]
