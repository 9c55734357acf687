import Encoder from 'kafkajs/src/protocol/encoder.js'

/** What one metadata request tells of topics that kafkajs's own, of an older version, does not. */
export interface Metadata {
  readonly clusterId: string
  readonly topics: readonly TopicId[]
}

export interface TopicId {
  readonly topic: string
  /** As text, like 01234567-89ab-cdef-0123-456789abcdef. */
  readonly id: string
  /** Kafka's error code; 0: none. */
  readonly errorCode: number
}

export const METADATA_API_KEY = 3
/** The first version that tells the ids of topics: Kafka 2.8, KIP-516. */
export const METADATA_VERSION = 10

const NO_TAGS = 0
const NO_TOPIC_ID = Buffer.alloc(16)

/** In the form in which kafkajs sends and receives. @throws {RangeError} when the answer ends too early. */
export function metadataRequest(topics: readonly string[]) {
  return {
    request: {
      apiKey: METADATA_API_KEY,
      apiVersion: METADATA_VERSION,
      apiName: 'Metadata',
      encode: async () => {
        const encoder = new Encoder()
        encoder.writeBufferInternal(encodeMetadataRequest(topics))
        return encoder
      },
    },
    response: {
      decode: async (payload: Buffer) => decodeMetadata(payload),
      parse: async (metadata: Metadata) => metadata,
    },
  }
}

/** The body, with the end of the header before it that kafkajs does not know of: tags, of which there are none. */
export function encodeMetadataRequest(topics: readonly string[]): Buffer {
  return Buffer.concat([
    Buffer.of(NO_TAGS),
    unsigned(topics.length + 1),
    ...topics.flatMap((topic) => {
      const name = Buffer.from(topic)
      return [NO_TOPIC_ID, unsigned(name.length + 1), name, Buffer.of(NO_TAGS)]
    }),
    Buffer.of(0, 0, 0, NO_TAGS), // make no topics, tell no rights
  ])
}

export function decodeMetadata(payload: Buffer): Metadata {
  const reader = readerOf(payload)
  reader.tags() // of the header
  reader.skip(4) // time of throttling
  reader.list(() => {
    reader.skip(4)
    reader.text()
    reader.skip(4)
    reader.text()
    reader.tags()
  })
  const clusterId = reader.text()
  reader.skip(4) // controller
  const topics = reader.list((): TopicId => {
    const errorCode = reader.int16()
    const topic = reader.text()
    const id = reader.uuid()
    reader.skip(1)
    reader.list(() => {
      reader.skip(2 + 4 + 4 + 4)
      for (let lists = 0; lists < 3; lists++) reader.list(() => reader.skip(4))
      reader.tags()
    })
    reader.skip(4)
    reader.tags()
    return { topic, id, errorCode }
  })
  return { clusterId, topics }
}

/** Reads Kafka's compact forms: counts are one too large, so that 0 is null. */
function readerOf(payload: Buffer) {
  let at = 0
  const skip = (bytes: number): void => {
    at += bytes
    if (at > payload.length) throw new RangeError('the answer ends too early')
  }
  const count = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = payload.readUInt8(at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const taken = (bytes: number): Buffer => {
    skip(bytes)
    return payload.subarray(at - bytes, at)
  }
  return {
    skip,
    int16: (): number => taken(2).readInt16BE(),
    text: (): string => taken(Math.max(0, count() - 1)).toString('utf8'),
    uuid: (): string => {
      const hex = taken(16).toString('hex')
      return [0, 8, 12, 16, 20].map((from, part) => hex.slice(from, ENDS[part])).join('-')
    },
    list: <T>(read: () => T): T[] => Array.from({ length: Math.max(0, count() - 1) }, read),
    tags: (): void => {
      for (let tags = count(); tags > 0; tags--) {
        count()
        skip(count())
      }
    },
  }
}

const ENDS = [8, 12, 16, 20, 32]

function unsigned(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
