import type { RawBatch, RawMessage } from 'kafkajs/src/consumer/consumerGroup.js'
import type { FetchedRecord, FetchedRecords } from './consumer-port.ts'

/** What an object and its entry in a list take in memory besides key, value and headers; an estimate. */
const RECORD_OVERHEAD_BYTES = 200

/** `null` when the fetch brought nothing, not even records that are hidden from readers. */
export function toFetchedRecords(batch: RawBatch): FetchedRecords | null {
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
      return last === undefined ? [] : [[name, Buffer.from(last as string)]] // string or Buffer: both fit
    }),
  )
}
