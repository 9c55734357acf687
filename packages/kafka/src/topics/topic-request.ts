import type { TopicPartition } from '../records.ts'

/**
 * Kafka's Metadata request in the version that also says what we may do with a topic (KIP-430, since Kafka 2.3).
 * kafkajs speaks older ones.
 */
export const METADATA_API_KEY = 3
export const METADATA_VERSION = 8
/** Not asked for, or not known: Kafka's own mark. */
const UNKNOWN_OPERATIONS = -(2 ** 31)
/** Place of WRITE in the bits: org.apache.kafka.common.acl.AclOperation. */
const WRITE_BIT = 1 << 4

/** What a broker says about a topic. */
export interface TopicMetadata {
  readonly topic: string
  /** Kafka's error code; 0: none. */
  readonly errorCode: number
  /** `null`: it does not say. */
  readonly mayWrite: boolean | null
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata extends Pick<TopicPartition, 'partition'> {
  readonly errorCode: number
  /** -1: nobody leads it. */
  readonly leader: number
  readonly replicas: number
  readonly inSync: number
}

/** The whole request as it goes over the wire, its length first. */
export function encodeTopicRequest(request: {
  readonly topics: readonly string[]
  readonly correlationId: number
  readonly clientId: string
}): Buffer {
  const { topics, correlationId, clientId } = request
  const head = Buffer.alloc(12)
  head.writeInt16BE(METADATA_API_KEY, 4)
  head.writeInt16BE(METADATA_VERSION, 6)
  head.writeInt32BE(correlationId, 8)
  const count = Buffer.alloc(4)
  count.writeInt32BE(topics.length)
  const flags = Buffer.from([0, 0, 1]) // no topic is made by asking; what may be done with them
  const bytes = Buffer.concat([head, text(clientId), count, ...topics.map(text), flags])
  bytes.writeInt32BE(bytes.length - 4, 0)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(`  ${value}`)
  bytes.writeInt16BE(bytes.length - 2, 0)
  return bytes
}

/** @throws {RangeError} when the response ends too early. */
export function decodeTopicResponse(payload: Buffer): readonly TopicMetadata[] {
  let at = 4 // throttle time
  const int8 = (): number => payload.readInt8((at += 1) - 1)
  const int16 = (): number => payload.readInt16BE((at += 2) - 2)
  const int32 = (): number => payload.readInt32BE((at += 4) - 4)
  const string = (): string => {
    const length = Math.max(0, int16())
    return payload.toString('utf8', at, (at += length))
  }
  const list = <T>(read: () => T): readonly T[] =>
    Array.from({ length: Math.max(0, int32()) }, read)
  const partition = (): PartitionMetadata => {
    const [errorCode, id, leader] = [int16(), int32(), int32()]
    int32() // leader epoch
    const [replicas, inSync] = [list(int32).length, list(int32).length]
    list(int32) // replicas that are offline
    return { partition: id, errorCode, leader, replicas, inSync }
  }

  list(() => [int32(), string(), int32(), string()]) // brokers: id, host, port, rack
  string() // cluster id
  int32() // controller
  return list(() => {
    const errorCode = int16()
    const topic = string()
    int8() // whether it is Kafka's own
    const partitions = list(partition)
    const operations = int32()
    const mayWrite = operations === UNKNOWN_OPERATIONS ? null : (operations & WRITE_BIT) !== 0
    return { topic, errorCode, mayWrite, partitions }
  })
}
