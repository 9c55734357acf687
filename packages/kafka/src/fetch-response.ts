import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeMessages from 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'
import type { RawMessage } from 'kafkajs/src/consumer/consumerGroup.js'
import { readRecordSet, type RecordSet } from './record-set.ts'
import { UnreadableRecords } from './unreadable-records.ts'

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

interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

/** The version of the response that `decodeFetchResponse` reads; the last that kafkajs speaks. */
export const FETCH_VERSION = 11

/**
 * Decodes a fetch response like kafkajs, except that records are read in place (`readRecordSet`). kafkajs
 * then sees a partition without messages; the records are found by `recordSetOf`. A partition with what
 * only kafkajs reads is left to kafkajs. One that cannot be read costs the others nothing.
 */
export async function decodeFetchResponse(payload: Buffer): Promise<FetchResponse> {
  const decoder = new Decoder(payload)
  return {
    throttleTime: 0,
    clientSideThrottleTime: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    sessionId: decoder.readInt32(),
    responses: await decoder.readArrayAsync(readTopic),
  }
}

async function readTopic(decoder: Decoder): Promise<FetchResponse['responses'][number]> {
  const topicName = decoder.readString()
  const partitions = await decoder.readArrayAsync((each) => readPartition(each, topicName))
  return { topicName, partitions }
}

async function readPartition(decoder: Decoder, topic: string): Promise<PartitionResponse> {
  const head = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: decoder.readInt64().toString(),
    lastStableOffset: decoder.readInt64().toString(),
    lastStartOffset: decoder.readInt64().toString(),
    abortedTransactions: decoder.readArray(readAbortedTransaction),
    preferredReadReplica: decoder.readInt32(),
  }
  const place = { topic, partition: head.partition }
  const set = head.abortedTransactions.length === 0 ? readInPlace(decoder, place) : null
  return { ...head, messages: set === null ? await decodeMessages(decoder) : carrying(set) }
}

function readAbortedTransaction(decoder: Decoder): AbortedTransaction {
  return {
    producerId: decoder.readInt64().toString(),
    firstOffset: decoder.readInt64().toString(),
  }
}

/** `null`, and the decoder where it was, when kafkajs is to read it. */
function readInPlace(
  decoder: Decoder,
  place: { readonly topic: string; readonly partition: number },
): FetchedSet | null {
  const { buffer, offset } = decoder
  const start = offset + 4
  const end = start + buffer.readInt32BE(offset)
  if (end <= start || end > buffer.length) return null
  const set = readOrSay(buffer, { ...place, start, end })
  if (set !== null) decoder.offset = end
  return set
}

function readOrSay(buffer: Buffer, set: Parameters<typeof readRecordSet>[1]): FetchedSet | null {
  try {
    return readRecordSet(buffer, set)
  } catch (error) {
    if (error instanceof UnreadableRecords) return error
    throw error
  }
}

const RECORD_SET = Symbol('record set')

/** The records of a partition, or why there are none. */
type FetchedSet = RecordSet | UnreadableRecords

type Messages = readonly RawMessage[] & { readonly [RECORD_SET]?: FetchedSet }

/** No messages, as far as kafkajs is concerned. */
function carrying(set: FetchedSet): Messages {
  return Object.assign([], { [RECORD_SET]: set })
}

/** What was read in place, or why it was not; `null` when kafkajs read it. */
export function recordSetOf(messages: Messages): FetchedSet | null {
  return messages[RECORD_SET] ?? null
}
