import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import { eachPartition, inTopics, partitionKey } from './consumer-offsets.ts'
import type { PartitionOffset } from './consumer-port.ts'

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
