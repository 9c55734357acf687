import type { ErasedId, ErasedKind } from '@custom-events/event'
import type { ClickHouse } from '../client/clickhouse.ts'

/** How far an erasure is; each is told in `erasures` when it is reached. */
export const ERASURE_STATES = ['asked', 'announced', 'hidden', 'settled', 'done', 'lifted'] as const
export type ErasureState = (typeof ERASURE_STATES)[number]

/** A row of `erasures`; times in milliseconds since 1970. */
export interface Erasure {
  readonly erasureId: string
  readonly id: ErasedId
  /** As rollups have it, in decimal digits, see `userHashOf`; '0': of an account, or not known. */
  readonly userHash: string
  readonly timestampBefore: number | null
  readonly askedAt: number
  readonly askedBy: string
  readonly state: ErasureState
  readonly announcedAt: number | null
  readonly announcedOffset: number | null
  /** Rows that were found and deleted, by table. */
  readonly found: Readonly<Record<string, number>>
  /** Rows that are being deleted, by table. */
  readonly pending: Readonly<Record<string, number>>
  readonly finishedAt: number | null
  readonly receiptSha256: string
  readonly step: number
}

/** @throws {ClickHouseFailure} */
export async function writeErasureRow(
  clickhouse: Pick<ClickHouse, 'command'>,
  erasure: Erasure,
): Promise<void> {
  await clickhouse.command(
    `INSERT INTO erasures (erasure_id, kind, id_sha256, id_murmur2, id_siphash128, timestamp_before, asked_at, asked_by, state,
       announced_at, announced_offset, found, pending, finished_at, receipt_sha256, step)
     SELECT {erasureId:UUID}, {kind:String}, {sha256:String}, {murmur2:UInt32}, {userHash:UInt128},
       fromUnixTimestamp64Milli({timestampBefore:Nullable(Int64)}), fromUnixTimestamp64Milli({askedAt:Int64}),
       {askedBy:String}, {state:String}, fromUnixTimestamp64Milli({announcedAt:Nullable(Int64)}),
       {announcedOffset:Nullable(UInt64)}, {found:Map(String, UInt64)}, {pending:Map(String, UInt64)},
       fromUnixTimestamp64Milli({finishedAt:Nullable(Int64)}), {receiptSha256:String}, {step:UInt32}
     SETTINGS async_insert = 0`,
    {
      ...erasure,
      kind: erasure.id.kind,
      sha256: erasure.id.sha256,
      murmur2: erasure.id.murmur2,
      found: new Map(Object.entries(erasure.found)),
      pending: new Map(Object.entries(erasure.pending)),
    },
  )
}

/** The step of its latest row; 0: there is none. @throws {ClickHouseFailure} */
export async function readErasureStep(
  clickhouse: Pick<ClickHouse, 'query'>,
  erasureId: string,
): Promise<number> {
  const [row] = await clickhouse.query<{ readonly last: number }>(
    'SELECT toFloat64(max(step)) AS last FROM erasures WHERE erasure_id = {erasureId:UUID}',
    { erasureId },
  )
  return row?.last ?? 0
}

/** What was asked, and how far it is: of a row as `ASKED` selects it. */
interface AskedRow {
  readonly erasure_id: string
  readonly kind: ErasedKind
  readonly sha256: string
  readonly murmur2: number
  readonly before_ms: string | null
  readonly asked_ms: string
  readonly asked_by: string
  readonly state: ErasureState
}

const ASKED = `toString(erasure_id) AS erasure_id, kind, toString(id_sha256) AS sha256, id_murmur2 AS murmur2,
       toUnixTimestamp64Milli(timestamp_before) AS before_ms, toUnixTimestamp64Milli(asked_at) AS asked_ms, asked_by, state`

type Asked = Pick<Erasure, 'erasureId' | 'id' | 'timestampBefore' | 'askedAt' | 'askedBy' | 'state'>

function askedOf(row: AskedRow): Asked {
  return {
    erasureId: row.erasure_id,
    id: { kind: row.kind, sha256: row.sha256, murmur2: row.murmur2 },
    timestampBefore: numberOf(row.before_ms),
    askedAt: Number(row.asked_ms),
    askedBy: row.asked_by,
    state: row.state,
  }
}

interface Row extends AskedRow {
  readonly user_hash: string
  readonly announced_ms: string | null
  readonly announced_offset: string | null
  readonly found: Readonly<Record<string, string>>
  readonly pending: Readonly<Record<string, string>>
  readonly finished_ms: string | null
  readonly receipt_sha256: string
  readonly step: number
}

/** All of them, the latest last. @throws {ClickHouseFailure} */
export async function readErasureRows(
  clickhouse: Pick<ClickHouse, 'query'>,
): Promise<readonly Erasure[]> {
  const rows = await clickhouse.query<Row>(
    `SELECT ${ASKED}, toString(id_siphash128) AS user_hash, toUnixTimestamp64Milli(announced_at) AS announced_ms, announced_offset, found, pending,
       toUnixTimestamp64Milli(finished_at) AS finished_ms, receipt_sha256, step
     FROM erasures FINAL ORDER BY asked_at, erasures.erasure_id`,
  )
  return rows.map((row) => ({
    ...askedOf(row),
    userHash: row.user_hash,
    announcedAt: numberOf(row.announced_ms),
    announcedOffset: numberOf(row.announced_offset),
    found: numbersOf(row.found),
    pending: numbersOf(row.pending),
    finishedAt: numberOf(row.finished_ms),
    receiptSha256: row.receipt_sha256,
    step: row.step,
  }))
}

/** What the topic of erasures has to say. */
export interface AnnouncedErasure extends Asked {
  readonly announcedAt: number
}

/**
 * Those that Kafka once had, the latest last; also of a table that this release has yet to migrate.
 *
 * @throws {ClickHouseFailure}
 */
export async function readAnnounced(
  clickhouse: Pick<ClickHouse, 'query'>,
): Promise<readonly AnnouncedErasure[]> {
  const rows = await clickhouse.query<AskedRow & { readonly announced_ms: string }>(
    `SELECT ${ASKED}, toUnixTimestamp64Milli(assumeNotNull(announced_at)) AS announced_ms
     FROM erasures FINAL WHERE announced_at IS NOT NULL ORDER BY asked_at, erasures.erasure_id`,
  )
  return rows.map((row) => ({ ...askedOf(row), announcedAt: Number(row.announced_ms) }))
}

function numbersOf(counts: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).map(([table, count]) => [table, Number(count)]))
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text)
}

/** By the clock of ClickHouse, in milliseconds since 1970. @throws {ClickHouseFailure} */
export async function clickhouseTime(clickhouse: Pick<ClickHouse, 'query'>): Promise<number> {
  const [row] = await clickhouse.query<{ readonly ms: string }>(
    'SELECT toUnixTimestamp64Milli(now64(3)) AS ms',
  )
  return Number(row?.ms)
}
