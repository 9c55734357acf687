import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import OffsetManager from 'kafkajs/src/consumer/offsetManager/index.js'
import { eachPartition, inTopics, partitionKey } from './consumer-offsets.ts'
import type { PartitionOffset } from './consumer-port.ts'
import type { TopicPartition } from '../records.ts'

/**
 * Has kafkajs fetch these partitions and no others, as after a join of its own. Not while it fetches: what it fetched
 * before is of no use to it any more.
 */
export async function takeAssignment(
  of: { readonly group: ConsumerGroup; readonly cluster: RawCluster; readonly groupId: string },
  partitions: readonly TopicPartition[],
): Promise<void> {
  const { group, cluster, groupId } = of
  const known = group.generatePartitionsPerSubscribedTopic()
  const isKnown = partitions.every(({ topic, partition }) => known.get(topic)?.includes(partition))
  // The leader of the group has seen partitions that we have not heard of yet.
  if (!isKnown) await cluster.refreshMetadata()
  group.partitionsPerSubscribedTopic = group.generatePartitionsPerSubscribedTopic()
  const topics = inTopics(partitions)
  group.subscriptionState.assign(
    topics.map((each) => ({ ...each, partitions: [...each.partitions] })),
  )
  group.offsetManager = new OffsetManager({
    cluster,
    groupId,
    memberAssignment: Object.fromEntries(topics.map((each) => [each.topic, each.partitions])),
  })
}

/**
 * Has the partitions that are assigned read from these positions, and those without a position not read.
 * A partition that rested, or had no position, under the assignment before is read too: kafkajs keeps what
 * is paused through a rebalance.
 */
export function startReading(
  group: Pick<ConsumerGroup, 'assigned' | 'pause' | 'resume' | 'offsetManager'>,
  positions: readonly PartitionOffset[],
): void {
  const isRead = new Set(positions.map(partitionKey))
  const assigned = eachPartition(group.assigned())
  const known = group.offsetManager.committedOffsets()
  for (const { topic, partition } of assigned) {
    // Where kafkajs knows no offset it asks for one with every fetch, and fails all of them.
    known[topic] = { ...known[topic], [partition]: '0' }
  }
  for (const { topic, partition, offset } of positions) {
    group.offsetManager.resolveOffset({ topic, partition, offset: String(offset - 1) })
  }
  group.resume(inTopics(assigned))
  group.pause(inTopics(assigned.filter((each) => !isRead.has(partitionKey(each)))))
}
