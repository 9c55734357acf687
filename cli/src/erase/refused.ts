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

/** A table that is read page by page, in one order. */
interface Pages<Row, Place> {
  /** Takes `limit` rows after a place. */
  readonly sql: string
  readonly pageRows: number
  /** Before every row. */
  readonly first: Place
  readonly placeOf: (row: Row) => Place
}

interface Asked {
  readonly clickhouse: Pick<ClickHouse, 'query'>
  readonly beforeMs: number | null
}

interface PlacedRow {
  readonly kafka_partition: number
  readonly row_version: string
}

/** Reads all rows, and keeps the places of those that are meant. @throws {ClickHouseFailure} */
async function findPlaces<Row extends PlacedRow, Place extends object>(
  { clickhouse, beforeMs }: Asked,
  { sql, pageRows, first, placeOf }: Pages<Row, Place>,
  isMeant: (row: Row) => boolean,
): Promise<readonly RefusedPlace[]> {
  const found: RefusedPlace[] = []
  for (let after: Place | null = first; after !== null;) {
    const rows: readonly Row[] = await clickhouse.query<Row>(sql, {
      ...after,
      beforeMs,
      limit: pageRows,
    })
    for (const row of rows) {
      if (isMeant(row)) found.push({ partition: row.kafka_partition, version: row.row_version })
    }
    const last = rows.at(-1)
    after = last === undefined || rows.length < pageRows ? null : placeOf(last)
  }
  return found
}

/** Rejected events that name an erased id, judged as the consumers judge them. @throws {ClickHouseFailure} */
export const findRejected: Search = (clickhouse, ids, beforeMs) =>
  findPlaces({ clickhouse, beforeMs }, REJECTED_PAGES, (row) =>
    isErasedRejectedEvent(ids, {
      user: Buffer.from(row.user_id ?? ''),
      group: Buffer.from(row.group_id ?? ''),
      code: row.code,
      texts: [row.raw, row.beside ?? ''],
      receivedAt: Number(row.received_ms),
    }),
  )

interface RejectedRow extends PlacedRow {
  readonly code: string
  readonly received_ms: string
  readonly request_id: string
  readonly place: number
  readonly user_id: string | null
  readonly group_id: string | null
  readonly raw: string
  readonly beside: string | null
}

/** What is implied by the place of the page, for the index: of a tuple it makes nothing, and each page would read all rows. */
const REJECTED_AFTER = `code >= {code:String}
    AND (code > {code:String} OR received_at >= fromUnixTimestamp64Milli({ms:Int64}))`

const REJECTED = `
  SELECT code, toUnixTimestamp64Milli(received_at) AS received_ms, request_id, \`index\` AS place,
    toString(version) AS row_version, kafka_partition, user_id, group_id, raw, beside
  FROM rejected_events
  WHERE ${REJECTED_AFTER} AND (code, received_at, request_id, \`index\`, version) >
      ({code:String}, fromUnixTimestamp64Milli({ms:Int64}), {request:String}, {index:Int32}, {version:UInt64})
    AND ({beforeMs:Nullable(Int64)} IS NULL
      OR received_at < fromUnixTimestamp64Milli(ifNull({beforeMs:Nullable(Int64)}, 0)))
  ORDER BY code, received_at, request_id, \`index\`, version LIMIT {limit:UInt32}`

const REJECTED_PAGES = {
  sql: REJECTED,
  pageRows: 1_000,
  first: { code: '', ms: '-9000000000000', request: '', index: -1, version: '0' },
  placeOf: (row: RejectedRow) => ({
    code: row.code,
    ms: row.received_ms,
    request: row.request_id,
    index: row.place,
    version: row.row_version,
  }),
}

/** Dead letters that name an erased id anywhere. @throws {ClickHouseFailure} */
export const findLetters: Search = (clickhouse, ids, beforeMs) =>
  findPlaces({ clickhouse, beforeMs }, LETTER_PAGES, (row) => {
    const ms = Number(row.set_aside_ms)
    const record = { key: fromHex(row.key_hex), value: fromHex(row.value_hex) }
    return isErasedRecord(ids, record, { timestamp: ms, receivedAt: ms })
  })

interface LetterRow extends PlacedRow {
  readonly source_topic: string
  readonly source_log: string
  readonly source_partition: number
  readonly source_offset: string
  readonly set_aside_ms: string
  readonly key_hex: string | null
  readonly value_hex: string | null
}

/** As above. */
const LETTERS_AFTER = `source_topic >= {topic:String} AND (source_topic > {topic:String} OR source_log >= {log:String})
    AND (source_topic > {topic:String} OR source_log > {log:String} OR source_partition >= {partition:UInt32})
    AND (source_topic > {topic:String} OR source_log > {log:String} OR source_partition > {partition:UInt32}
      OR dead_letters.source_offset >= {offset:UInt64})`

const LETTERS = `
  SELECT source_topic, source_log, source_partition, toString(source_offset) AS source_offset,
    toString(version) AS row_version, kafka_partition, toUnixTimestamp64Milli(dead_lettered_at) AS set_aside_ms,
    hex(key) AS key_hex, hex(value) AS value_hex
  FROM dead_letters
  WHERE ${LETTERS_AFTER} AND (source_topic, source_log, source_partition, dead_letters.source_offset, version) >
      ({topic:String}, {log:String}, {partition:UInt32}, {offset:UInt64}, {version:UInt64})
    AND ({beforeMs:Nullable(Int64)} IS NULL
      OR dead_lettered_at < fromUnixTimestamp64Milli(ifNull({beforeMs:Nullable(Int64)}, 0)))
  ORDER BY source_topic, source_log, source_partition, dead_letters.source_offset, version LIMIT {limit:UInt32}`

const LETTER_PAGES = {
  sql: LETTERS,
  pageRows: 100, // a dead letter may have a MiB, and travels as hex
  first: { topic: '', log: '', partition: 0, offset: '0', version: '0' },
  placeOf: (row: LetterRow) => ({
    topic: row.source_topic,
    log: row.source_log,
    partition: row.source_partition,
    offset: row.source_offset,
    version: row.row_version,
  }),
}

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
