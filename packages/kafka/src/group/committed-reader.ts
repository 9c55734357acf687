import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { committedOffsets } from '../consumer/consumer-offsets.ts'
import type { GroupPosition, PartitionOffset } from '../consumer/consumer-port.ts'
import { asking } from '../errors/kafka-problem.ts'
import { leaderOffsets } from '../fetch/leader-offsets.ts'
import { keepCluster } from '../kafkajs/kept-cluster.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import type { TopicPartition } from '../records.ts'

/** Asks how far a group has come in one topic, over a connection of its own. */
export interface CommittedReader extends AsyncDisposable {
  readonly consumerGroup: string
  /**
   * The next offset of the group by partition; without those that it has committed nothing of, and those where it has
   * committed more than the log holds, or held: that is a commit of a topic that was deleted, or of records that are gone. Nor with those whose leader does not
   * tell where they end: the others are not kept waiting for them.
   *
   * One at a time. @throws {KafkaProblem} when the group's offsets cannot be known.
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
  const ask = askingCommitted(consumerGroup)
  return {
    consumerGroup,
    read: (partitions) =>
      asking(ofGroup(consumerGroup), () =>
        kept.ask((cluster) => {
          const places = partitions.map((partition) => ({ topic, partition }))
          return ask(cluster, places)
        }),
      ),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

const ofGroup = (name: string) => ({
  resource: `consumer group ${name}`,
  right: `DESCRIBE on group ${name}`,
})

/** A partition that has moved to another leader is known to have within so long. */
const REFRESH_EVERY_MS = 1_000

/** What `read` asks of a cluster that keeps errors. */
export function askingCommitted(consumerGroup: string) {
  let refreshedAt = -Infinity
  return async (
    cluster: RawCluster,
    places: readonly TopicPartition[],
  ): Promise<ReadonlyMap<number, number>> => {
    const committed = await committedOffsets(cluster, consumerGroup, places)
    const [failure] = committed.refused
    if (failure !== undefined) throw failure
    const written = await leaderOffsets(cluster, places, 'written')
    if (written.refused.length > 0 && performance.now() - refreshedAt >= REFRESH_EVERY_MS) {
      refreshedAt = performance.now()
      await cluster.refreshMetadata()
    }
    return vouchedFor(committed.offsets, written.offsets)
  }
}

function vouchedFor(
  committed: readonly GroupPosition[],
  written: readonly PartitionOffset[],
): ReadonlyMap<number, number> {
  const ends = new Map(written.map(({ partition, offset }) => [partition, offset]))
  return new Map(
    committed.flatMap(({ partition, offset, cutAt }) => {
      const isOfLog = offset >= 0 && offset <= (ends.get(partition) ?? -1) && cutAt === undefined
      return isOfLog ? [[partition, offset]] : []
    }),
  )
}
