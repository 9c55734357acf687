import type { KafkaErrorClass } from './errors/kafka-remedies.ts'

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

/** Where a record's bytes lie in a buffer that holds many; the key may lie within the value. */
export interface BufferPlace {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly keyStart: number
  readonly keyEnd: number
}

/**
 * A record in a buffer that holds many. Records live until Kafka has acknowledged them, long enough for the
 * collector to move them: this is one object, where views of its key and value would make it three. They are
 * made when asked for; what writes the request copies the ranges.
 */
export class BufferedRecord implements OutgoingRecord {
  readonly topic: string
  readonly partition: number
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly keyStart: number
  readonly keyEnd: number

  constructor(topic: string, partition: number, place: BufferPlace) {
    this.topic = topic
    this.partition = partition
    this.buffer = place.buffer
    this.start = place.start
    this.end = place.end
    this.keyStart = place.keyStart
    this.keyEnd = place.keyEnd
  }

  get key(): Buffer {
    return this.buffer.subarray(this.keyStart, this.keyEnd)
  }

  get value(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }
}

/** -1 without a key. */
export function keyBytesOf(record: OutgoingRecord): number {
  if (record instanceof BufferedRecord) return record.keyEnd - record.keyStart
  return record.key === null ? -1 : record.key.length
}

/** -1 without a value. */
export function valueBytesOf(record: OutgoingRecord): number {
  if (record instanceof BufferedRecord) return record.end - record.start
  return record.value === null ? -1 : record.value.length
}

/** What became of one record. */
export type ProduceOutcome =
  | { readonly status: 'acknowledged'; /** exact below 2^53 */ readonly offset: number }
  | {
      /** It may or may not be in Kafka. */
      readonly status: 'unacknowledged'
      /** `record_too_large`: its topic takes no record of this size, so it is not in Kafka. */
      readonly reason: 'kafka_unavailable' | 'backpressure' | 'record_too_large'
      /** What Kafka said last; absent when it has said nothing. */
      readonly failure?: ProduceFailure
    }

/** Why Kafka did not take a record. */
export interface ProduceFailure {
  /** `permanent`, `data`: the same record fails again until somebody has done something. */
  readonly class: KafkaErrorClass
  /** Kafka's own name of the error, such as TOPIC_AUTHORIZATION_FAILED. */
  readonly code: string
  /** A sentence: what Kafka said, about which partition, and what to do. */
  readonly text: string
}
