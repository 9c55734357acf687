import type { ClickHouse } from '@custom-events/clickhouse'
import type { Cursor, Filter } from './judged.ts'

/** A row of `dead_letters`, bytes as bytes. */
export interface DeadLetter {
  readonly sourceTopic: string
  /** Which log of that name, as `logName` makes it. */
  readonly sourceLog: string
  readonly sourcePartition: number
  readonly sourceOffset: number
  readonly code: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
  /** Milliseconds since the epoch. */
  readonly deadLetteredAtMs: number
  /** Of the log that the letter itself lies in. */
  readonly kafkaGeneration: number
  readonly kafkaPartition: number
}

/** A record has 1 MiB at most by Kafka's default, and travels as hex: 200 MiB at the very worst. */
const PAGE_ROWS = 100

/** Reads the dead letters that a filter means, in the order of the logs they come from. */
export function readDeadLetters(clickhouse: Pick<ClickHouse, 'query'>, filter: Filter) {
  const params = {
    sinceMs: filter.sinceMs,
    untilMs: filter.untilMs,
    codes: filter.codes,
    group: filter.groupId ?? '',
    isForced: filter.isForced,
  }
  return {
    page: async (
      after: Cursor | null,
    ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next: Cursor | null }> => {
      const [topic, log, partition, offset] = after ?? ['', '', 0, 0]
      const place = { topic, log, partition, offset, limit: PAGE_ROWS }
      const rows = await clickhouse.query<Row>(PAGE, { ...params, ...place })
      const letters = rows.map(toDeadLetter)
      const last = letters.length < PAGE_ROWS ? undefined : letters.at(-1)
      if (last === undefined) return { letters, next: null }
      const { sourceTopic, sourceLog, sourcePartition, sourceOffset } = last
      return { letters, next: [sourceTopic, sourceLog, sourcePartition, sourceOffset] }
    },
    countResolved: async (): Promise<number> => {
      const [row] = await clickhouse.query<{ readonly resolved: string }>(RESOLVED, params)
      return Number(row?.resolved ?? 0)
    },
  }
}

interface Row {
  readonly source_topic: string
  readonly source_log: string
  readonly source_partition: number
  readonly source_offset: string
  readonly error_code: string
  readonly key_hex: string | null
  readonly value_hex: string | null
  readonly header_names: readonly string[]
  readonly header_hex: readonly string[]
  readonly dead_lettered_ms: string
  readonly kafka_generation: number
  readonly kafka_partition: number
}

const IS_OPEN = `(resolution IS NULL OR ({isForced:Bool} AND resolution = 'superseded'))`
const WHERE = `
  WHERE dead_lettered_at BETWEEN fromUnixTimestamp64Milli({sinceMs:Int64})
                             AND fromUnixTimestamp64Milli({untilMs:Int64})
    AND (empty({codes:Array(String)}) OR has({codes:Array(String)}, error_code))
    AND ({group:String} = '' OR ifNull(key = {group:String}, false))`
/** What is implied by the place of the page, for the index: of a tuple it makes nothing, and each page would read all rows. */
const AFTER = `source_topic >= {topic:String} AND (source_topic > {topic:String} OR source_log >= {log:String})
    AND (source_topic > {topic:String} OR source_log > {log:String} OR source_partition >= {partition:UInt32})
    AND (source_topic > {topic:String} OR source_log > {log:String} OR source_partition > {partition:UInt32}
      OR source_offset >= {offset:UInt64})`
const PAGE = `
  SELECT source_topic, source_log, source_partition, source_offset, error_code, hex(key) AS key_hex,
         hex(value) AS value_hex, mapKeys(headers) AS header_names,
         arrayMap(each -> hex(each), mapValues(headers)) AS header_hex,
         toUnixTimestamp64Milli(dead_lettered_at) AS dead_lettered_ms,
         kafka_generation, kafka_partition
  FROM dead_letters FINAL ${WHERE} AND ${IS_OPEN} AND ${AFTER}
    AND (source_topic, source_log, source_partition, source_offset) >
        ({topic:String}, {log:String}, {partition:UInt32}, {offset:UInt64})
  ORDER BY source_topic, source_log, source_partition, source_offset LIMIT {limit:UInt32}`
const RESOLVED = `SELECT count() AS resolved FROM dead_letters FINAL ${WHERE} AND NOT ${IS_OPEN}`

function toDeadLetter(row: Row): DeadLetter {
  const headers = row.header_names.map((name, index) => [
    name,
    Buffer.from(row.header_hex[index] ?? '', 'hex'),
  ])
  return {
    sourceTopic: row.source_topic,
    sourceLog: row.source_log,
    sourcePartition: row.source_partition,
    sourceOffset: Number(row.source_offset),
    code: row.error_code,
    key: fromHex(row.key_hex),
    value: fromHex(row.value_hex),
    headers: Object.fromEntries(headers),
    deadLetteredAtMs: Number(row.dead_lettered_ms),
    kafkaGeneration: row.kafka_generation,
    kafkaPartition: row.kafka_partition,
  }
}

function fromHex(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, 'hex')
}
