import { isErasedRecord, type ErasedIds } from '@custom-events/event'
import type { ClickHouse } from '@custom-events/clickhouse'
import { isErasedRejectedEvent } from '@custom-events/consumer'

/** A row of what was refused, by where its record lies: no text of anybody's. */
export interface RefusedPlace {
  readonly partition: number
  /** Of the row, in decimal. */
  readonly version: string
}

type Search = (
  clickhouse: Pick<ClickHouse, 'query'>,
  ids: ErasedIds,
  beforeMs: number | null,
) => Promise<readonly RefusedPlace[]>

const PAGE_ROWS = 1_000
/** A dead letter may have a MiB, and travels as hex. */
const PAGE_LETTERS = 100

/** Rejected events that name an erased id, judged as the consumers judge them. @throws {ClickHouseFailure} */
export const findRejected: Search = async (clickhouse, ids, beforeMs) => {
  const found: RefusedPlace[] = []
  let after = { code: '', ms: '-9000000000000', request: '', index: -1, version: '0' }
  for (;;) {
    const rows = await clickhouse.query<RejectedRow>(REJECTED, {
      ...after,
      beforeMs,
      limit: PAGE_ROWS,
    })
    for (const row of rows) {
      const isTheirs = isErasedRejectedEvent(ids, {
        user: Buffer.from(row.user_id ?? ''),
        group: Buffer.from(row.group_id ?? ''),
        code: row.code,
        texts: [row.raw, row.beside ?? ''],
        receivedAt: Number(row.received_ms),
      })
      if (isTheirs) found.push({ partition: row.kafka_partition, version: row.row_version })
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_ROWS) return found
    const { code, received_ms: ms, request_id: request, place: index, row_version: version } = last
    after = { code, ms, request, index, version }
  }
}

interface RejectedRow {
  readonly code: string
  readonly received_ms: string
  readonly request_id: string
  readonly place: number
  readonly row_version: string
  readonly kafka_partition: number
  readonly user_id: string | null
  readonly group_id: string | null
  readonly raw: string
  readonly beside: string | null
}

const REJECTED = `
  SELECT code, toUnixTimestamp64Milli(received_at) AS received_ms, request_id, \`index\` AS place,
    toString(version) AS row_version, kafka_partition, user_id, group_id, raw, beside
  FROM rejected_events
  WHERE (code, received_at, request_id, \`index\`, version) >
      ({code:String}, fromUnixTimestamp64Milli({ms:Int64}), {request:String}, {index:Int32}, {version:UInt64})
    AND ({beforeMs:Nullable(Int64)} IS NULL
      OR received_at < fromUnixTimestamp64Milli(ifNull({beforeMs:Nullable(Int64)}, 0)))
  ORDER BY code, received_at, request_id, \`index\`, version LIMIT {limit:UInt32}`

/** Dead letters that name an erased id anywhere. @throws {ClickHouseFailure} */
export const findLetters: Search = async (clickhouse, ids, beforeMs) => {
  const found: RefusedPlace[] = []
  let after = { topic: '', log: '', partition: 0, offset: '0', version: '0' }
  for (;;) {
    const rows = await clickhouse.query<LetterRow>(LETTERS, {
      ...after,
      beforeMs,
      limit: PAGE_LETTERS,
    })
    for (const row of rows) {
      const ms = Number(row.set_aside_ms)
      const record = { key: fromHex(row.key_hex), value: fromHex(row.value_hex) }
      if (isErasedRecord(ids, record, { timestamp: ms, receivedAt: ms })) {
        found.push({ partition: row.kafka_partition, version: row.row_version })
      }
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_LETTERS) return found
    const { source_topic: topic, source_log: log, source_partition: partition } = last
    after = { topic, log, partition, offset: last.source_offset, version: last.row_version }
  }
}

interface LetterRow {
  readonly source_topic: string
  readonly source_log: string
  readonly source_partition: number
  readonly source_offset: string
  readonly row_version: string
  readonly kafka_partition: number
  readonly set_aside_ms: string
  readonly key_hex: string | null
  readonly value_hex: string | null
}

const LETTERS = `
  SELECT source_topic, source_log, source_partition, toString(source_offset) AS source_offset,
    toString(version) AS row_version, kafka_partition, toUnixTimestamp64Milli(dead_lettered_at) AS set_aside_ms,
    hex(key) AS key_hex, hex(value) AS value_hex
  FROM dead_letters
  WHERE (source_topic, source_log, source_partition, dead_letters.source_offset, version) >
      ({topic:String}, {log:String}, {partition:UInt32}, {offset:UInt64}, {version:UInt64})
    AND ({beforeMs:Nullable(Int64)} IS NULL
      OR dead_lettered_at < fromUnixTimestamp64Milli(ifNull({beforeMs:Nullable(Int64)}, 0)))
  ORDER BY source_topic, source_log, source_partition, dead_letters.source_offset, version LIMIT {limit:UInt32}`

function fromHex(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, 'hex')
}

const PLACES_OF_STATEMENT = 1_000

/** Conditions that mean just these rows, some of them each. */
export function conditionsOf(places: readonly RefusedPlace[]): readonly string[] {
  const conditions: string[] = []
  for (let at = 0; at < places.length; at += PLACES_OF_STATEMENT) {
    const some = places.slice(at, at + PLACES_OF_STATEMENT)
    const pairs = some.map(
      ({ partition, version }) => `(${Math.trunc(partition)}, ${BigInt(version)})`,
    )
    conditions.push(`(kafka_partition, version) IN (${pairs.join(', ')})`)
  }
  return conditions
}
