import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeMessages from 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'
import type { RawMessage } from 'kafkajs/src/consumer/consumerGroup.js'
import type { AbortedTransaction } from '../record-batch/aborted-transactions.ts'
import { batchEnd, MAGIC_AT } from '../record-batch/batch-header.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { OpenBatch } from '../record-batch/inflating.ts'
import type { OpenBatches } from '../record-batch/open-batches.ts'
import { isNew, readRecordSet, type RecordSet, type StoredSet } from '../record-batch/record-set.ts'
import { PartitionRefused } from './partition-refused.ts'
import { readInt64 } from '../record-batch/record-in-place.ts'
import { UnreadableRecords } from '../record-batch/unreadable-records.ts'

/** A fetch response as kafkajs's own decoder gives it. */
export interface FetchResponse {
  /** 0: the broker did not hold the request back, it leaves that to the client. */
  readonly throttleTime: 0
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: readonly {
    readonly topicName: string
    readonly partitions: readonly PartitionResponse[]
  }[]
}

interface PartitionResponse {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly lastStartOffset: string
  readonly abortedTransactions: readonly AbortedTransaction[]
  readonly preferredReadReplica: number
  readonly messages: readonly RawMessage[]
}

/** What a response is read with, beside its bytes. */
export interface FetchContext {
  /** The offset that was asked for, by `partitionKey`. */
  readonly fromByPartition: ReadonlyMap<string, number>
  readonly open: OpenBatches<OpenBatch>
  /**
   * What the records of one response may take in memory, about, however well they are compressed. Those
   * beyond are asked for again by the next fetch.
   * @default 32 MiB
   */
  readonly maxBytes?: number
}

/** The version of the response that `decodeFetchResponse` reads; the last that kafkajs speaks. */
export const FETCH_VERSION = 11
const MAX_RESPONSE_BYTES = 33_554_432
/** Every broker is asked at once, and what is under way when the memory budget is used up comes in all the same. */
const ALL_RESPONSES_BYTES = 2 * MAX_RESPONSE_BYTES
/**
 * Of these those of one partition, so that they are fewer than 100,000 records however well they are compressed: so far
 * may a batch of the consumer reach beyond its rows (LARGEST_FETCH_RECORDS).
 */
const MAX_PARTITION_BYTES = 8_388_608

/** What the records of one response may take in memory where so many brokers are read from at once. */
export function responseBytesOf(brokers: number): number {
  const share = Math.floor(ALL_RESPONSES_BYTES / Math.max(1, brokers))
  return Math.min(MAX_RESPONSE_BYTES, Math.max(MAX_PARTITION_BYTES, share))
}

/**
 * Decodes a fetch response like kafkajs, except that records are read in place (`readRecordSet`). kafkajs
 * then sees a partition without messages; the records are found by `recordSetOf`. A partition that begins
 * with an older format is left to kafkajs. One that cannot be read costs the others nothing.
 */
export async function decodeFetchResponse(
  payload: Buffer,
  context: FetchContext,
): Promise<FetchResponse> {
  const decoder = new Decoder(payload)
  const left = { bytes: context.maxBytes ?? MAX_RESPONSE_BYTES }
  return {
    throttleTime: 0,
    clientSideThrottleTime: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    sessionId: decoder.readInt32(),
    responses: await decoder.readArrayAsync(async () => {
      const topicName = decoder.readString()
      const partitions = await decoder.readArrayAsync(() =>
        readPartition(decoder, topicName, { ...context, left }),
      )
      return { topicName, partitions }
    }),
  }
}

/** kafkajs asks for partitions in an order that changes, so that none is always beyond what is left. */
type Reading = FetchContext & { readonly left: { bytes: number } }

async function readPartition(
  decoder: Decoder,
  topic: string,
  reading: Reading,
): Promise<PartitionResponse> {
  const head = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: decoder.readInt64().toString(),
    lastStableOffset: decoder.readInt64().toString(),
    lastStartOffset: decoder.readInt64().toString(),
    abortedTransactions: decoder.readArray(readAbortedTransaction),
    preferredReadReplica: decoder.readInt32(),
  }
  const { buffer } = decoder
  const start = decoder.offset + 4
  const end = start + Math.max(0, decoder.readInt32())
  if (end > buffer.length) throw new Error(`a fetch response of ${buffer.length} bytes is cut off`)
  decoder.offset = end
  const { partition, abortedTransactions: aborted } = head
  if (head.errorCode !== 0) {
    return {
      ...head,
      messages: carrying(new PartitionRefused({ topic, partition }, head.errorCode)),
    }
  }
  const from = reading.fromByPartition.get(partitionKey({ topic, partition })) ?? 0
  const set = { topic, partition, start, end, from, aborted }
  return { ...head, messages: await readMessages(buffer, set, reading) }
}

function readAbortedTransaction(decoder: Decoder): AbortedTransaction {
  return {
    producerId: decoder.readInt64().toString(),
    firstOffset: decoder.readInt64().toString(),
  }
}

async function readMessages(buffer: Buffer, set: StoredSet, reading: Reading): Promise<Messages> {
  const { open, left } = reading
  try {
    if (set.end - set.start > MAGIC_AT && !isNew(buffer, set.start)) {
      return await readOldFormat(buffer, set)
    }
    const maxBytes = Math.min(left.bytes, MAX_PARTITION_BYTES)
    const read = await readRecordSet(buffer, set, { maxBytes, open })
    left.bytes -= read.bytes
    return carrying(read)
  } catch (error) {
    if (error instanceof UnreadableRecords) return carrying(error)
    throw error
  }
}

/** Messages from before Kafka 0.11, up to the first batch of today's format. */
async function readOldFormat(buffer: Buffer, set: StoredSet): Promise<readonly RawMessage[]> {
  let end = set.start
  while (set.end - end > MAGIC_AT && !isNew(buffer, end) && batchEnd(buffer, end) > end) {
    end = Math.min(set.end, batchEnd(buffer, end))
  }
  const length = Buffer.alloc(4)
  length.writeInt32BE(end - set.start)
  const old = Buffer.concat([length, buffer.subarray(set.start, end)])
  try {
    return await decodeMessages(new Decoder(old))
  } catch (cause) {
    const place = { ...set, offset: readInt64(buffer, set.start) }
    const what = `kafkajs cannot read this format from before Kafka 0.11: ${String(cause)}`
    throw new UnreadableRecords('codec', place, what, { cause })
  }
}

const RECORD_SET = Symbol('record set')

/** The records of a partition, or why there are none. */
type FetchedSet = RecordSet | UnreadableRecords | PartitionRefused

type Messages = readonly RawMessage[] & { readonly [RECORD_SET]?: FetchedSet }

/** No messages, as far as kafkajs is concerned. */
function carrying(set: FetchedSet): Messages {
  return Object.assign([], { [RECORD_SET]: set })
}

/** What was read in place, or why it was not; `null` when kafkajs read it. */
export function recordSetOf(messages: Messages): FetchedSet | null {
  return messages[RECORD_SET] ?? null
}
