import type { Logger } from '@custom-events/runtime'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import { keepCluster } from '../kafkajs/kept-cluster.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import type { TopicPartition } from '../records.ts'
import { logsOf, type KafkaLog } from '../topics/kafka-logs.ts'
import { READS_ALL, type IsRead } from '../shards/shards.ts'
import { knownTopics, leaderOffsets } from './leader-offsets.ts'

/** Where a partition ended when it was asked about. */
export interface PartitionEnd extends TopicPartition {
  /** The next offset to be written, also behind an open transaction; `null`: its leader does not tell. */
  readonly end: number | null
}

export interface LogEnds {
  /** Of every partition that the topics had and that was asked about, whoever reads it. */
  readonly ends: readonly PartitionEnd[]
  /** Which logs the topics were, asked for after their ends: of a topic made anew meanwhile it is the new one. */
  readonly logs: readonly KafkaLog[]
}

/** Asks where the logs end, over a connection of its own. */
export interface LogEndsReader extends AsyncDisposable {
  /** One at a time. @throws when no broker answers. */
  read(): Promise<LogEnds>
}

export function createLogEndsReader(options: {
  readonly kafka: KafkaConfig
  readonly topics: readonly string[]
  /** Which partitions are asked about. @default all */
  readonly isRead?: IsRead
  readonly log: Logger
}): LogEndsReader {
  const { topics, isRead = READS_ALL } = options
  const kept = keepCluster(options)
  return {
    read: () =>
      kept.ask(async (cluster) => {
        await cluster.refreshMetadata() // partitions that were added, leaders that moved
        const partitions = knownTopics(cluster, topics).flatMap(({ topic, partitions: of }) =>
          of.map((partition) => ({ topic, partition })).filter(isRead),
        )
        const { offsets } = await leaderOffsets(cluster, partitions, 'written')
        const found = new Map(offsets.map((each) => [partitionKey(each), each.offset]))
        const ends = partitions.map((each) => ({
          ...each,
          end: found.get(partitionKey(each)) ?? null,
        }))
        return { ends, logs: await logsOf(cluster, topics) }
      }),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}
