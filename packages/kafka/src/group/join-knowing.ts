import type { GroupMember } from '../consumer/consumer-group.ts'
import type { PartitionStates } from '../consumer/consumer-offsets.ts'
import type { KafkaLog } from '../topics/kafka-logs.ts'
import { changedTopic } from '../topics/log-watch.ts'
import { PartitionRefused } from '../fetch/partition-refused.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3

export interface Joined extends PartitionStates {
  readonly logs: readonly KafkaLog[]
}

/**
 * Joins, and learns which logs the assigned positions are of: asked for before and after them. With the
 * positions of a topic that was deleted meanwhile the first records of the one made anew would be skipped.
 * A partition of whose log the broker does not tell waits: its records could not be told from another's.
 *
 * @returns `null` when a topic became another log meanwhile: join again.
 */
export async function joinKnowing(
  member: Pick<GroupMember, 'join' | 'logs'>,
): Promise<Joined | null> {
  const before = await member.logs()
  const found = await member.join()
  const logs = await member.logs()
  if (changedTopic(before, logs) !== null) return null
  const isTold = new Set(logs.map(({ topic }) => topic))
  const untold = found.states.filter(({ topic }) => !isTold.has(topic))
  return {
    logs,
    states: found.states.filter(({ topic }) => isTold.has(topic)),
    refused: [
      ...found.refused,
      ...untold.map((each) => new PartitionRefused(each, UNKNOWN_TOPIC_OR_PARTITION)),
    ],
  }
}
