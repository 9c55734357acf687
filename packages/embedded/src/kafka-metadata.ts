import { createConnection } from 'node:net'

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

const TIMEOUT_MS = 2_000

/**
 * Asks one broker, past every client library: Kafka protocol, Metadata (3), version 1.
 * @param topics whether the partitions are wanted too. @default false
 * @throws when nobody answers within 2 s.
 */
export function readKafkaMetadata(port: number, topics = false): Promise<KafkaMetadata> {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0) // bytes that follow
  request.writeInt16BE(3, 4) // Metadata
  request.writeInt16BE(1, 6)
  request.writeInt32BE(1, 8) // correlation id
  request.writeInt16BE(-1, 12) // no client id
  request.writeInt32BE(topics ? -1 : 0, 14) // -1: all topics
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: TIMEOUT_MS })
    let answer = Buffer.alloc(0)
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return
      resolve(parseMetadata(answer.subarray(8)))
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('no answer')))
  })
}

/** @param body without length and correlation id. @throws RangeError when it is cut. */
function parseMetadata(body: Buffer): KafkaMetadata {
  const read = createReader(body)
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

function createReader(bytes: Buffer) {
  let at = 0
  const move = (length: number): number => (at += length) - length
  const int16 = (): number => bytes.readInt16BE(move(2))
  const int32 = (): number => bytes.readInt32BE(move(4))
  return {
    int8: (): number => bytes.readInt8(move(1)),
    int16,
    int32,
    text: (): string => {
      const length = Math.max(0, int16()) // -1: null
      const start = move(length)
      return bytes.toString('utf8', start, start + length)
    },
    list: <T>(item: () => T): readonly T[] =>
      Array.from({ length: Math.max(0, int32()) }, () => item()),
  }
}
