import type { OffsetsOfTopic } from 'kafkajs/src/consumer/consumerGroup.js'
import type { TopicPartition } from '../records.ts'

/** Our place in the group: Kafka's classic protocol, with a name (KIP-345), and claims as in KIP-429. */
export interface Membership {
  /** The group joins anew, or waits for us to: we have let go of what it wants to give to others, or `joinAgain` was called. */
  readonly isJoinDue: boolean
  /**
   * What is ours from now on: brought by `joinAside`, or else by joining now.
   *
   * @throws what Kafka says.
   */
  join(): Promise<readonly TopicPartition[]>
  /** Makes a join due, if we have a place. */
  joinAgain(): void
  /** The group has not said yet that it has forgotten us. */
  readonly isMember: boolean
  /**
   * Joins while what we have is read on; the next `join` brings what it is now.
   *
   * @param onHeard told of each word of the group meanwhile: whoever has heard one has a place still.
   * @returns whether it is the same as before. @throws what Kafka says, and when `signal` is aborted.
   */
  joinAside(signal: AbortSignal, onHeard: () => void): Promise<boolean>
  /** @throws what Kafka says, also without a place; but not that the group joins anew when we may read on meanwhile: `isJoinDue` says so. */
  heartbeat(): Promise<void>
  commit(topics: readonly OffsetsOfTopic[]): Promise<void>
  /** Gives the place away, that of a name too. */
  leave(): Promise<void>
}
