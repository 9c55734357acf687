import { nativeBlockOf, type NativeBlock } from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'
import { HEADERS } from './dead-letter.ts'

/** Columns of `dead_letters`, in the order of the block. */
export const deadLetterColumns: readonly string[] = [
  'source_topic',
  'source_partition',
  'source_offset',
  'stage',
  'error_code',
  'error_class',
  'error_message',
  'key',
  'value',
  'headers',
  'dead_lettered_at',
  'kafka_partition',
  'kafka_offset',
]

/**
 * Dead letters as rows. A record that somebody else put on the topic, without our headers, is a row too:
 * its source is then its own place.
 */
export function encodeDeadLetters(topic: string, records: readonly FetchedRecord[]): NativeBlock {
  const sources = records.map((record) => sourceOf(topic, record))
  const header = (name: string): readonly string[] =>
    records.map((record) => record.headers[name]?.toString('utf8') ?? '')
  const times = records.map(deadLetteredAtMs)
  const block = nativeBlockOf([
    { name: 'source_topic', type: 'String', values: sources.map((source) => source.topic) },
    { name: 'source_partition', type: 'UInt32', values: sources.map(({ partition }) => partition) },
    { name: 'source_offset', type: 'UInt64', values: sources.map(({ offset }) => offset) },
    { name: 'stage', type: 'String', values: header(HEADERS.stage) },
    { name: 'error_code', type: 'String', values: header(HEADERS.code) },
    { name: 'error_class', type: 'String', values: header(HEADERS.className) },
    { name: 'error_message', type: 'String', values: header(HEADERS.message) },
    { name: 'key', type: 'Nullable(String)', values: records.map(({ key }) => key) },
    { name: 'value', type: 'Nullable(String)', values: records.map(({ value }) => value) },
    {
      name: 'headers',
      type: 'Map(String, String)',
      values: records.map(({ headers }) => Object.entries(headers)),
    },
    { name: 'dead_lettered_at', type: "DateTime64(3, 'UTC')", values: times },
    { name: 'kafka_partition', type: 'UInt32', values: records.map(({ partition }) => partition) },
    { name: 'kafka_offset', type: 'UInt64', values: records.map(({ offset }) => offset) },
  ])
  return {
    block,
    rows: records.length,
    undecodable: [],
    time: {
      minMs: times.reduce((least, time) => Math.min(least, time), Infinity),
      maxMs: times.reduce((most, time) => Math.max(most, time), -Infinity),
    },
  }
}

/** A copy that tells of a resolution keeps the time of the first. */
function deadLetteredAtMs({ headers, timestampMs }: FetchedRecord): number {
  const first = Date.parse(headers[HEADERS.deadLetteredAt]?.toString('utf8') ?? '')
  return Number.isNaN(first) ? timestampMs : first
}

function sourceOf(
  topic: string,
  record: FetchedRecord,
): { readonly topic: string; readonly partition: number; readonly offset: number } {
  const source = record.headers[HEADERS.topic]?.toString('utf8')
  const partition = Number(record.headers[HEADERS.partition]?.toString('utf8'))
  const offset = Number(record.headers[HEADERS.offset]?.toString('utf8'))
  if (source === undefined || !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) {
    return { topic, partition: record.partition, offset: record.offset }
  }
  return { topic: source, partition: Math.max(0, partition), offset: Math.max(0, offset) }
}
