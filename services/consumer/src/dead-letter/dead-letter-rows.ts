import { identityHash, type IdentityColumn, type RegisteredLog } from '@custom-events/clickhouse'
import { nativeBlockOf, type NativeBlock } from '@custom-events/codec'
import { logName, type FetchedRecord } from '@custom-events/kafka'
import { HEADERS } from './dead-letter.ts'
import { firstAttempt } from './shorten.ts'

/** Columns of `dead_letters`, in the order of the block. */
export const deadLetterColumns: readonly string[] = [
  'source_topic',
  'source_log',
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
  'version',
]

/** Anybody may write to the topic: columns of few different values stay so, the headers column has the rest. */
const MAX_NAME_CHARS = 200
const MAX_MESSAGE_CHARS = 10_000
/** What makes a row this very dead letter, beside its place. */
export const deadLetterIdentity: readonly IdentityColumn[] = [
  { name: 'source_topic', kind: 'text' },
  { name: 'source_log', kind: 'text' },
  { name: 'source_partition', kind: 'number' },
  { name: 'source_offset', kind: 'number' },
  { name: 'dead_lettered_at', kind: 'time' },
]

export function identityOfDeadLetter(log: RegisteredLog, record: FetchedRecord): string {
  const source = sourceOf(log, record)
  const parts = [
    source.topic,
    source.log,
    source.partition,
    source.offset,
    deadLetteredAtMs(record),
  ]
  return identityHash(parts.map((part) => Buffer.from(String(part))))
}

/**
 * Dead letters as rows. A record that somebody else put on the topic, without our headers, is a row too:
 * its source is then its own place.
 */
export function encodeDeadLetters(
  log: RegisteredLog,
  records: readonly FetchedRecord[],
): NativeBlock {
  const sources = records.map((record) => sourceOf(log, record))
  const generation = BigInt(log.generation) << 48n
  const header = (name: string, maxChars: number): readonly string[] =>
    records.map((record) => record.headers[name]?.toString('utf8').slice(0, maxChars) ?? '')
  const times = records.map(deadLetteredAtMs)
  const block = nativeBlockOf([
    { name: 'source_topic', type: 'String', values: sources.map((source) => source.topic) },
    { name: 'source_log', type: 'String', values: sources.map((source) => source.log) },
    { name: 'source_partition', type: 'UInt32', values: sources.map(({ partition }) => partition) },
    { name: 'source_offset', type: 'UInt64', values: sources.map(({ offset }) => offset) },
    { name: 'stage', type: 'String', values: header(HEADERS.stage, MAX_NAME_CHARS) },
    { name: 'error_code', type: 'String', values: header(HEADERS.code, MAX_NAME_CHARS) },
    { name: 'error_class', type: 'String', values: header(HEADERS.className, MAX_NAME_CHARS) },
    { name: 'error_message', type: 'String', values: header(HEADERS.message, MAX_MESSAGE_CHARS) },
    { name: 'key', type: 'Nullable(String)', values: records.map(({ key }) => key) },
    { name: 'value', type: 'Nullable(String)', values: records.map(({ value }) => value) },
    {
      name: 'headers',
      type: 'Map(String, String)',
      values: records.map((record) => Object.entries(headersOf(record))),
    },
    { name: 'dead_lettered_at', type: "DateTime64(3, 'UTC')", values: times },
    { name: 'kafka_partition', type: 'UInt32', values: records.map(({ partition }) => partition) },
    {
      name: 'version',
      type: 'UInt64',
      values: records.map(({ offset }) => generation | BigInt(offset)),
    },
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

/** Somebody else's may be too long to be read whole, headers and all: then the row says so. */
function headersOf({ key, value, headers, whole }: FetchedRecord) {
  if (whole === undefined) return headers
  return firstAttempt({ topic: '', partition: 0, key, value }, whole).letter.headers ?? {}
}

/** What a DateTime64(3) holds; producers may give records any time, or -1 for none. */
const FIRST_MS = Date.UTC(1900, 0, 1)
const LAST_MS = Date.UTC(2299, 11, 31)

/** A copy that tells of a resolution keeps the time of the first. */
export function deadLetteredAtMs({ headers, timestampMs }: FetchedRecord): number {
  const first = Date.parse(headers[HEADERS.deadLetteredAt]?.toString('utf8') ?? '')
  return Math.min(LAST_MS, Math.max(FIRST_MS, Number.isNaN(first) ? timestampMs : first))
}

interface Place {
  readonly topic: string
  readonly log: string
  readonly partition: number
  readonly offset: number
}

/** A dead letter that does not tell its source's log came from the cluster and log that it lies on itself. */
function sourceOf(own: RegisteredLog, record: FetchedRecord): Place {
  const topic = record.headers[HEADERS.topic]?.toString('utf8') ?? ''
  const log = record.headers[HEADERS.log]?.toString('utf8') ?? ''
  const partition = numberIn(record.headers[HEADERS.partition], MAX_PARTITION)
  const offset = numberIn(record.headers[HEADERS.offset], Number.MAX_SAFE_INTEGER)
  if (!TOPIC_NAME.test(topic) || partition === null || offset === null) {
    const { partition: itsPartition, offset: itsOffset } = record
    return { topic: own.topic, log: logName(own), partition: itsPartition, offset: itsOffset }
  }
  return { topic, log: LOG_NAME.test(log) ? log : logName(own), partition, offset }
}

/** What Kafka allows. */
const TOPIC_NAME = /^[\w.-]{1,249}$/
const MAX_PARTITION = 2 ** 31 - 1
/** As `logName` makes it; ids of clusters and topics are short. */
const LOG_NAME = /^[\w.-]{0,100}\/[\w-]{0,36}$/

/** `null`: there is none, or it is no number that Kafka could have given. */
function numberIn(header: Buffer | undefined, max: number): number | null {
  const text = header?.toString('latin1') ?? ''
  return /^\d{1,16}$/.test(text) && Number(text) <= max ? Number(text) : null
}
