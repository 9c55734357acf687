import { KafkaCodeError } from '../errors/kafka-errors.ts'
import type { TopicPartition } from '../records.ts'

/** Why one partition cannot be read or asked about at the moment; the others can. */
export class PartitionRefused extends Error {
  readonly topic: string
  readonly partition: number

  /** Where it was to be read from, when that is known. */
  readonly offset: number | null

  /** @param why an error, or a code of Kafka. */
  constructor({ topic, partition }: TopicPartition, why: unknown, offset: number | null = null) {
    const cause = typeof why === 'number' ? new KafkaCodeError(why) : why
    super(`${topic}/${partition}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'PartitionRefused'
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }
}
