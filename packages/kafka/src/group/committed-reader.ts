import type { Logger } from '@custom-events/runtime'
import { partitionStates } from '../consumer/consumer-offsets.ts'
import { asking } from '../errors/kafka-problem.ts'
import { keepCluster } from '../kafkajs/kept-cluster.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'

/** Asks how far a group has come in one topic, over a connection of its own. */
export interface CommittedReader extends AsyncDisposable {
  /**
   * The next offset of the group by partition; without those that it has committed nothing of, and those where it has
   * committed more than the log holds: that is a commit of a topic that was deleted.
   *
   * One at a time. @throws {KafkaProblem}
   */
  read(partitions: readonly number[]): Promise<ReadonlyMap<number, number>>
}

export function createCommittedReader(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topic: string
  readonly log: Logger
}): CommittedReader {
  const { kafka, consumerGroup, topic, log } = options
  const kept = keepCluster({ kafka, topics: [topic], log })
  const what = {
    resource: `consumer group ${consumerGroup}`,
    right: `DESCRIBE on group ${consumerGroup}`,
  }
  return {
    read: (partitions) =>
      asking(what, () =>
        kept.ask(async (cluster) => {
          const places = partitions.map((partition) => ({ topic, partition }))
          const { states, refused } = await partitionStates(
            cluster,
            consumerGroup,
            places,
            'written',
          )
          const [failure] = refused
          if (failure !== undefined) throw failure
          return new Map(
            states.flatMap(({ partition, committed, latest }) =>
              committed === null || committed > latest ? [] : [[partition, committed]],
            ),
          )
        }),
      ),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}
