import type { OutOfRange } from '../consumer/consumer-port.ts'

/**
 * What it means that the group's commit lies outside of the log; the two sides have different reasons. To follow the
 * name of the partition.
 */
export function describeOutOfRange({ committed, earliest, latest, cutAt }: OutOfRange): string {
  if (committed < earliest) {
    return (
      `${earliest - committed} offsets, ${committed} to ${earliest - 1}, were deleted from Kafka before they were ` +
      `inserted; what is left is ${earliest} to ${latest}`
    )
  }
  if (committed <= latest) {
    return (
      `${committed} is committed, and the log was found to end at ${cutAt}, before it has grown again: what it was given from ` +
      `there to ${committed - 1} was never read; what is there is ${earliest} to ${latest}`
    )
  }
  return (
    `${committed} is committed, and the log ends at ${latest}: the topic was made anew or restored, or Kafka has lost ` +
    `the last ${committed - latest} offsets, as it does when a replica that lags becomes the leader; what is there is ` +
    `${earliest} to ${latest}`
  )
}

/** The same of several, each with its name. */
export function describeAllOutOfRange(partitions: readonly OutOfRange[]): string {
  return partitions
    .map((each) => `${each.topic}/${each.partition}: ${describeOutOfRange(each)}`)
    .join('; ')
}
