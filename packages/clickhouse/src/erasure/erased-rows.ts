import {
  ERASED_COLUMNS,
  idKindOf,
  isInGroup,
  type ErasedId,
  type IdKind,
} from '@custom-events/event'
import type { ClickHouse } from '../client/clickhouse.ts'

/** Whose rows, and up to when. */
export interface ErasedSelection {
  readonly id: ErasedId
  /** Only what happened before, in milliseconds since 1970; `null`: everything. */
  readonly timestampBefore: number | null
}

/**
 * The rows of somebody, known by their hashes alone: ClickHouse keeps the text of queries, and that of mutations in
 * files. SHA-256 is made of those few that share the cheap hash.
 *
 * @param column a nullable or a plain String.
 */
export function isErasedSql({ id, timestampBefore }: ErasedSelection, column: string): string {
  const text = `assumeNotNull(${column})`
  const sha256 = `unhex('${hexOf(id)}')`
  // As `pairBytes` has it; lengths are of bytes.
  const hashed = isInGroup(id.kind)
    ? `concat(toString(length(group_id)), ':', group_id, ${text})`
    : text
  const isTheirs = `if(kafkaMurmurHash(${text}) = ${Math.trunc(id.murmur2)}, SHA256(${hashed}) = ${sha256}, 0)`
  const isThere = `${column} IS NOT NULL AND ${isTheirs}`
  if (timestampBefore === null) return isThere
  return `${isThere} AND timestamp < fromUnixTimestamp64Milli(${Math.trunc(timestampBefore)})`
}

function hexOf({ sha256 }: ErasedId): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error('an id has a SHA-256 of 64 hex digits')
  return sha256
}

/** What of `events` would go. */
export interface FoundEvents {
  /** Rows, every copy of an event counted. */
  readonly rows: number
  readonly accounts: number
  readonly firstTimestamp: string
  readonly lastTimestamp: string
}

/** @throws {ClickHouseFailure} */
export async function findEvents(
  clickhouse: Pick<ClickHouse, 'query'>,
  selection: ErasedSelection,
): Promise<FoundEvents> {
  const [found] = await clickhouse.query<FoundEvents>(
    `SELECT toFloat64(count()) AS rows, toFloat64(uniq(group_id)) AS accounts,
            toString(min(timestamp)) AS firstTimestamp, toString(max(timestamp)) AS lastTimestamp
     FROM events WHERE ${conditionOf(selection)}`,
  )
  return found ?? { rows: 0, accounts: 0, firstTimestamp: '', lastTimestamp: '' }
}

/** @returns rows of `events`, every copy counted. @throws {ClickHouseFailure} */
export async function countEvents(
  clickhouse: Pick<ClickHouse, 'query'>,
  selection: ErasedSelection,
): Promise<number> {
  const [found] = await clickhouse.query<{ readonly rows: number }>(
    `SELECT toFloat64(count()) AS rows FROM events WHERE ${conditionOf(selection)}`,
  )
  return found?.rows ?? 0
}

export function conditionOf(selection: ErasedSelection): string {
  return isErasedSql(selection, ERASED_COLUMNS[idKindOf(selection.id.kind)])
}

/** Ids of the other kind that stand beside the erased one: a user's devices, or who a visitor turned out to be. */
export interface LinkedIds {
  readonly kind: IdKind
  readonly count: number
  readonly some: readonly string[]
}

/** @returns `null` of an account. @throws {ClickHouseFailure} */
export async function findLinked(
  clickhouse: Pick<ClickHouse, 'query'>,
  selection: ErasedSelection,
): Promise<LinkedIds | null> {
  const kind = idKindOf(selection.id.kind)
  if (kind === 'group') return null
  const other = kind === 'user' ? 'anonymous' : 'user'
  const column = ERASED_COLUMNS[other]
  const [found] = await clickhouse.query<{ readonly total: number; readonly some: string[] }>(
    `SELECT toFloat64(uniqExact(${column})) AS total, groupUniqArray(20)(${column}) AS some
     FROM events WHERE ${conditionOf(selection)} AND ${column} IS NOT NULL`,
  )
  return { kind: other, count: found?.total ?? 0, some: found?.some ?? [] }
}
