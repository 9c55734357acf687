export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A record to produce; the partition is always ours to say, never the client's guess. */
export interface OutgoingRecord extends TopicPartition {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | string>>
}

/** What became of one record. */
export type ProduceOutcome =
  | { readonly status: 'acknowledged'; /** exact below 2^53 */ readonly offset: number }
  | { readonly status: 'unacknowledged'; readonly reason: 'kafka_unavailable' | 'backpressure' }
