import { KafkaCodeError } from '../errors/kafka-errors.ts'
import type { BatchResult, LinkBatch } from './produce-link.ts'
import {
  compressedBatchRoom,
  writeCompressedBatch,
  type CompressedRecords,
} from '../record-batch/compressed-batch.ts'
import { recordBatchRoom, writeRecordBatch } from '../record-batch/record-batch.ts'
import type { OutgoingRecord, TopicPartition } from '../records.ts'

export const PRODUCE_API_KEY = 0
/** Versions whose requests look alike: since record batches, until flexible headers. */
export const PRODUCE_VERSIONS = { min: 3, max: 7 }
const NETWORK_EXCEPTION = 13
const UNSUPPORTED_COMPRESSION_TYPE = 76
/** All in-sync replicas. */
const ACKS = -1

/** The records of one partition in a request. */
export interface RequestPart extends TopicPartition {
  readonly records: readonly OutgoingRecord[]
  /** The same records, where they are sent compressed. */
  readonly compressed?: CompressedRecords
}

export interface ProduceRequest {
  readonly parts: readonly RequestPart[]
  readonly version: number
  readonly correlationId: number
  readonly clientId: string
  /** How long the broker may wait for the replicas. */
  readonly timeoutMs: number
  readonly timestampMs: number
}

/** The whole request as it goes over the wire, its length first, in one buffer. */
export function encodeProduceRequest(request: ProduceRequest): Buffer {
  const { parts, version, correlationId, clientId, timeoutMs, timestampMs } = request
  const partsByTopic = Map.groupBy(parts, ({ topic }) => topic)
  const into = Buffer.allocUnsafe(requestRoom(request, partsByTopic.keys()))
  let at = 4
  at = into.writeInt16BE(PRODUCE_API_KEY, at)
  at = into.writeInt16BE(version, at)
  at = into.writeInt32BE(correlationId, at)
  at = writeString(into, at, clientId)
  at = into.writeInt16BE(-1, at) // no transaction
  at = into.writeInt16BE(ACKS, at)
  at = into.writeInt32BE(timeoutMs, at)
  at = into.writeInt32BE(partsByTopic.size, at)
  for (const [topic, partsOfTopic] of partsByTopic) {
    at = writeString(into, at, topic)
    at = into.writeInt32BE(partsOfTopic.length, at)
    for (const part of partsOfTopic) {
      at = into.writeInt32BE(part.partition, at)
      const end = writePart(into, at + 4, part, timestampMs)
      into.writeInt32BE(end - at - 4, at)
      at = end
    }
  }
  into.writeInt32BE(at - 4, 0)
  return into.subarray(0, at)
}

function writePart(
  into: Buffer,
  start: number,
  { records, compressed }: RequestPart,
  timestampMs: number,
): number {
  if (compressed === undefined) return writeRecordBatch(into, start, { records, timestampMs })
  return writeCompressedBatch(into, start, { compressed, count: records.length, timestampMs })
}

function requestRoom({ parts, clientId }: ProduceRequest, topics: Iterable<string>): number {
  let bytes = 4 + 2 + 2 + 4 + 2 + 2 + 4 + 4 + stringBytes(clientId)
  for (const topic of topics) bytes += stringBytes(topic) + 4
  for (const { records, compressed } of parts) {
    bytes += 8
    bytes += compressed === undefined ? recordBatchRoom(records) : compressedBatchRoom(compressed)
  }
  return bytes
}

function stringBytes(text: string): number {
  return 2 + Buffer.byteLength(text)
}

function writeString(into: Buffer, start: number, text: string): number {
  const bytes = into.write(text, start + 2)
  into.writeInt16BE(bytes, start)
  return start + 2 + bytes
}

/** What became of one partition of a request. */
export interface PartResponse extends TopicPartition {
  /** Kafka's error code; 0: acknowledged. */
  readonly errorCode: number
  /** Of its first record; exact below 2^53. */
  readonly baseOffset: number
}

export interface ProduceResponse {
  readonly parts: readonly PartResponse[]
  readonly throttleMs: number
}

/** @throws {RangeError} when the response ends too early. */
export function decodeProduceResponse(payload: Buffer, version: number): ProduceResponse {
  const parts: PartResponse[] = []
  let at = 4
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const topicEnd = at + 2 + payload.readInt16BE(at)
    const topic = payload.toString('utf8', at + 2, topicEnd)
    at = topicEnd + 4
    for (let count = payload.readInt32BE(topicEnd); count > 0; count--) {
      const partition = payload.readInt32BE(at)
      const errorCode = payload.readInt16BE(at + 4)
      const baseOffset = payload.readInt32BE(at + 6) * 2 ** 32 + payload.readUInt32BE(at + 10)
      parts.push({ topic, partition, errorCode, baseOffset })
      at += 22 + (version >= 5 ? 8 : 0) // the time of appending; since 5 the log's start
    }
  }
  return { parts, throttleMs: payload.readInt32BE(at) }
}

/** The broker does not know, or does not take, what the batch is compressed with. */
export function isCodecRefused(result: BatchResult | undefined): boolean {
  return (
    result?.status === 'failed' &&
    result.error instanceof KafkaCodeError &&
    result.error.code === UNSUPPORTED_COMPRESSION_TYPE
  )
}

/** A partition that the answer does not name is not acknowledged. */
export function resultsOf(
  batches: readonly LinkBatch[],
  parts: readonly PartResponse[],
): readonly BatchResult[] {
  const partByPlace = new Map(parts.map((part) => [placeOf(part), part]))
  return batches.map((batch) => {
    const part = partByPlace.get(placeOf(batch))
    if (part === undefined) {
      return { status: 'failed', error: new KafkaCodeError(NETWORK_EXCEPTION, placeOf(batch)) }
    }
    const { errorCode, baseOffset } = part
    if (errorCode === 0) return { status: 'acknowledged', baseOffset }
    return { status: 'failed', error: new KafkaCodeError(errorCode, placeOf(batch)) }
  })
}

export function placeOf({ topic, partition }: LinkBatch | PartResponse): string {
  return `${topic}/${partition}`
}
