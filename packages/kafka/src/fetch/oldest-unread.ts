import Decoder from 'kafkajs/src/protocol/decoder.js'
import type { RawBroker, RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { PartitionOffset } from '../consumer/consumer-port.ts'
import { FETCH_VERSION } from './fetch-response.ts'
import { leaderOf } from './leader-offsets.ts'

const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const HEADER_END = 43
const LOG_APPEND_TIME = 0b1000

/**
 * When the batch of records at an offset was written, from its header: Kafka tells offsets of times, but not
 * times of offsets. Kafka sends whole batches, so that this costs one of them.
 *
 * @returns milliseconds since 1970, or `null` when Kafka does not tell.
 */
export async function writtenAt(cluster: RawCluster, at: PartitionOffset): Promise<number | null> {
  const nodeId = leaderOf(cluster, at)
  if (typeof nodeId !== 'number') return null
  const broker = await cluster.findBroker({ nodeId })
  const answer = await broker.fetch.call(readingHeaders(broker), {
    maxWaitTime: 1,
    minBytes: 1,
    maxBytes: 1,
    isolationLevel: 0,
    topics: [
      {
        topic: at.topic,
        partitions: [{ partition: at.partition, fetchOffset: String(at.offset), maxBytes: 1 }],
      },
    ],
    rackId: '',
  })
  return isHeader(answer) ? answer.timestampMs : null
}

interface Header {
  readonly timestampMs: number | null
}

function isHeader(answer: unknown): answer is Header {
  return typeof answer === 'object' && answer !== null && 'timestampMs' in answer
}

/** kafkajs makes and sends the request; of the answer only the first header is read. */
function readingHeaders(broker: RawBroker): RawBroker {
  const asking: RawBroker = Object.create(broker) // a parsing boundary: it has all of the broker
  asking.lookupRequest = (api, versions) => {
    const make = broker.lookupRequest(api, versions)
    return (details) => {
      const made = make(details)
      if (made.request.apiVersion !== FETCH_VERSION) return made
      const decode = async (payload: Buffer): Promise<Header> => ({
        timestampMs: firstTime(payload),
      })
      return { ...made, response: { decode, parse: async (header) => header } }
    }
  }
  return asking
}

/** Of the first batch in a response about one partition. */
export function firstTime(payload: Buffer): number | null {
  const decoder = new Decoder(payload)
  decoder.readInt32() // throttled for
  if (decoder.readInt16() !== 0) return null
  decoder.readInt32() // session
  const times = decoder.readArray((topic) => {
    topic.readString()
    return topic.readArray(readTime)[0] ?? null
  })
  return times[0] ?? null
}

function readTime(decoder: Decoder): number | null {
  decoder.readInt32() // partition
  const errorCode = decoder.readInt16()
  decoder.readInt64() // high watermark
  decoder.readInt64() // last stable offset
  decoder.readInt64() // first offset
  decoder.readArray((aborted) => [aborted.readInt64(), aborted.readInt64()])
  decoder.readInt32() // preferred replica
  const bytes = decoder.readInt32()
  const start = decoder.offset
  decoder.offset = start + Math.max(0, bytes)
  const { buffer } = decoder
  if (errorCode !== 0 || bytes < HEADER_END || buffer.length < start + HEADER_END) return null
  if (buffer.readInt8(start + MAGIC_AT) !== 2) return null
  const isByBroker = (buffer.readInt16BE(start + ATTRIBUTES_AT) & LOG_APPEND_TIME) !== 0
  const at = isByBroker ? MAX_TIMESTAMP_AT : BASE_TIMESTAMP_AT
  const timestampMs = Number(buffer.readBigInt64BE(start + at))
  return timestampMs < 0 ? null : timestampMs // -1: its producer gave it none
}
