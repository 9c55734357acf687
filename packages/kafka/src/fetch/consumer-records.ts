import type { RawBatch, RawMessage } from 'kafkajs/src/consumer/consumerGroup.js'
import type { FetchedRecord, FetchedRecords } from '../consumer/consumer-port.ts'
import { recordSetOf } from './fetch-response.ts'
import type { RecordSet } from '../record-batch/record-set.ts'
import type { PartitionRefused } from './partition-refused.ts'
import type { UnreadableRecords } from '../record-batch/unreadable-records.ts'

/**
 * `null` when the fetch brought nothing, not even records that are hidden from readers. What cannot be read
 * is returned, not thrown: the other partitions of the fetch go on.
 */
export function toFetchedRecords(
  batch: RawBatch,
): FetchedRecords | UnreadableRecords | PartitionRefused | null {
  const set = recordSetOf(batch.rawMessages)
  if (set instanceof Error) return set
  if (set !== null) return inPlace(batch, set)
  if (batch.isEmptyIncludingFiltered()) return null
  let bytes = 0
  const records = batch.messages.map((message) => {
    const record = toRecord(message, batch.partition)
    bytes += RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0)
    return record
  })
  return {
    topic: batch.topic,
    partition: batch.partition,
    from: Number(batch.fetchedOffset),
    next: Number(batch.lastOffset()) + 1,
    records,
    bytes,
  }
}

function inPlace({ topic, partition, fetchedOffset }: RawBatch, set: RecordSet) {
  const from = Number(fetchedOffset)
  return set.next <= from ? null : { topic, partition, from, ...set }
}

/** What a record that kafkajs decoded takes beside its bytes, with a Buffer for each key and value; an estimate. */
const RECORD_OVERHEAD_BYTES = 200

const NO_HEADERS: FetchedRecord['headers'] = {}

function toRecord(message: RawMessage, partition: number): FetchedRecord {
  return {
    partition,
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers === undefined ? NO_HEADERS : toHeaders(message.headers),
  }
}

/** kafkajs gives a list for a repeated header; the last one counts, as for most clients. */
function toHeaders(headers: NonNullable<RawMessage['headers']>): FetchedRecord['headers'] {
  const entries = Object.entries(headers)
  if (entries.length === 0) return NO_HEADERS
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value
      return last === undefined ? [] : [[name, Buffer.from((last ?? '') as string)]] // string or Buffer: both fit, null is empty
    }),
  )
}
