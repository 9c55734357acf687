import { askKafka, reader, writer } from './kafka-wire.ts'

/** What one broker believes about the cluster. */
export interface KafkaMetadata {
  /** Node ids of the brokers that are up. */
  readonly brokers: readonly number[]
  readonly partitions: readonly PartitionState[]
}

export interface PartitionState {
  readonly topic: string
  readonly partition: number
  /** Node id, or -1 while there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  /** Replicas that have everything that was acknowledged. */
  readonly inSync: readonly number[]
}

/**
 * Asks one broker: Metadata (3), version 1.
 * @param topics whether the partitions are wanted too. @default false
 * @throws when nobody answers in time.
 */
export async function readKafkaMetadata(port: number, topics = false): Promise<KafkaMetadata> {
  const body = writer().int32(topics ? -1 : 0) // -1: all topics
  return parseMetadata(await askKafka(port, { apiKey: 3, version: 1, body: body.bytes() }))
}

/** @param body without length and correlation id. @throws RangeError when it is cut. */
function parseMetadata(body: Buffer): KafkaMetadata {
  const read = reader(body)
  const brokers = read.list(() => {
    const id = read.int32()
    read.text() // host
    read.int32() // port
    read.text() // rack
    return id
  })
  read.int32() // controller
  const partitions = read.list(() => {
    read.int16() // error
    const topic = read.text()
    read.int8() // internal
    return read.list((): PartitionState => {
      read.int16() // error
      const [partition, leader] = [read.int32(), read.int32()]
      return {
        topic,
        partition,
        leader,
        replicas: read.list(read.int32),
        inSync: read.list(read.int32),
      }
    })
  })
  return { brokers, partitions: partitions.flat() }
}
