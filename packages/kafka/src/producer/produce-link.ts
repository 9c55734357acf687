import type { OutgoingRecord, TopicPartition } from '../records.ts'

/** The records of one partition, sent together. */
export interface LinkBatch extends TopicPartition {
  readonly records: readonly OutgoingRecord[]
}

/** What became of a batch. */
export type BatchResult =
  | { readonly status: 'acknowledged'; /** of its first record */ readonly baseOffset: number }
  | {
      /** It may be in Kafka all the same, unless the error is Kafka's own no. */
      readonly status: 'failed'
      readonly error: unknown
      /** The error may be that of another batch of the request: tried alone it may succeed. */
      readonly isShared?: boolean
    }

/** Told of every request, the repeated ones too: its bytes without compression and with it, and its batches. */
export type OnSent = (sent: {
  readonly plainBytes: number
  readonly bytes: number
  readonly plain: number
  readonly compressed: number
}) => void

/** A way to Kafka that is open: batches in, results out. It never retries. */
export interface ProduceLink {
  /** Groups batches that can share a request, because one broker leads their partitions. */
  group<B extends LinkBatch>(batches: readonly B[]): readonly (readonly B[])[]
  /** One produce request, acks=-1. @returns a result for each batch, in their order; never throws. */
  send(batches: readonly LinkBatch[]): Promise<readonly BatchResult[]>
  /** Looks for the partitions' leaders anew, after a failure. @throws when nobody answers. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/**
 * How long a broker may wait for its replicas; below the deadline of a delivery, and below the time-out of a request: else a
 * connection on which one slow partition keeps all others waiting would be taken for a dead one.
 */
export const REPLICAS_TIMEOUT_MS = 3_500
