import {
  ERASED_COLUMNS,
  idKindOf,
  isInGroup,
  type ErasedId,
  type IdKind,
} from '@custom-events/event'
import { monthsOfEvents, type Asked } from './months.ts'

/** Whose rows, and up to when. */
export interface ErasedSelection {
  readonly id: ErasedId
  /** Only what happened before, in milliseconds since 1970; `null`: everything. */
  readonly timestampBefore: number | null
  /** Only what was taken before: it was lifted then. Of `events` alone. @default null, which is everything */
  readonly receivedBefore?: number | null
}

/**
 * The rows of somebody, known by their hashes alone: ClickHouse keeps the text of queries, and that of mutations in
 * files. SHA-256 is made of those few that share the cheap hash.
 *
 * @param column a nullable or a plain String.
 */
export function isErasedSql(
  { id, timestampBefore, receivedBefore = null }: ErasedSelection,
  column: string,
): string {
  const text = `assumeNotNull(${column})`
  const sha256 = `unhex('${hexOf(id)}')`
  // As `pairBytes` has it; lengths are of bytes.
  const hashed = isInGroup(id.kind)
    ? `concat(toString(length(group_id)), ':', group_id, ${text})`
    : text
  const isTheirs = `if(kafkaMurmurHash(${text}) = ${Math.trunc(id.murmur2)}, SHA256(${hashed}) = ${sha256}, 0)`
  const isThere = `${column} IS NOT NULL AND ${isTheirs}`
  const before =
    timestampBefore === null
      ? ''
      : ` AND timestamp < fromUnixTimestamp64Milli(${Math.trunc(timestampBefore)})`
  const received =
    receivedBefore === null
      ? ''
      : ` AND toUnixTimestamp64Milli(timestamp) + received_after < ${Math.trunc(receivedBefore)}`
  return `${isThere}${before}${received}`
}

function hexOf({ sha256 }: ErasedId): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error('an id has a SHA-256 of 64 hex digits')
  return sha256
}

/** What of `events` would go. */
export interface FoundEvents {
  /** Rows, every copy of an event counted. */
  readonly rows: number
  /** Their names: of several ClickHouses an account may be in more than one. */
  readonly accounts: ReadonlySet<string>
  readonly firstTimestamp: string
  readonly lastTimestamp: string
}

/** An id that more accounts have is said to be of so many. */
const MAX_ACCOUNTS = 10_000

/** @throws {ClickHouseFailure} */
export async function findEvents(servers: Asked, selection: ErasedSelection): Promise<FoundEvents> {
  const months: readonly FoundInMonth[] = await inMonths(
    servers,
    `SELECT toFloat64(count()) AS rows, groupUniqArray(${MAX_ACCOUNTS})(group_id) AS groups,
            toString(min(timestamp)) AS first, toString(max(timestamp)) AS last
     FROM events WHERE ${conditionOf(selection)}`,
  )
  const found = months.filter(({ rows }) => rows > 0)
  return {
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    accounts: new Set(found.flatMap(({ groups }) => groups)),
    ...firstAndLast(found.flatMap(({ first, last }) => [first, last])),
  }
}

/** What was found in several ClickHouses, together. */
export function joinFound(each: readonly FoundEvents[]): FoundEvents {
  const found = each.filter(({ rows }) => rows > 0)
  return {
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    accounts: new Set(found.flatMap(({ accounts }) => [...accounts])),
    ...firstAndLast(
      found.flatMap(({ firstTimestamp, lastTimestamp }) => [firstTimestamp, lastTimestamp]),
    ),
  }
}

function firstAndLast(
  times: readonly string[],
): Pick<FoundEvents, 'firstTimestamp' | 'lastTimestamp'> {
  const sorted = times.toSorted()
  return { firstTimestamp: sorted[0] ?? '', lastTimestamp: sorted.at(-1) ?? '' }
}

interface FoundInMonth {
  readonly rows: number
  readonly groups: readonly string[]
  readonly first: string
  readonly last: string
}

/** @param sql ends with a condition. */
async function inMonths<Row>(servers: Asked, sql: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const month of await monthsOfEvents(servers)) {
    rows.push(...(await servers.clickhouse.query<Row>(`${sql} AND ${month}`)))
  }
  return rows
}

/** @returns rows of `events`, every copy counted. @throws {ClickHouseFailure} */
export async function countEvents(servers: Asked, selection: ErasedSelection): Promise<number> {
  const months = await inMonths<{ readonly rows: number }>(
    servers,
    `SELECT toFloat64(count()) AS rows FROM events WHERE ${conditionOf(selection)}`,
  )
  return months.reduce((sum, { rows }) => sum + rows, 0)
}

export function conditionOf(selection: ErasedSelection): string {
  return isErasedSql(selection, ERASED_COLUMNS[idKindOf(selection.id.kind)])
}

/** Ids of the other kind that stand beside the erased one: a user's devices, or who a visitor turned out to be. */
export interface LinkedIds {
  readonly kind: IdKind
  readonly ids: ReadonlySet<string>
}

/** No more of them are looked for in a month. */
export const MAX_LINKED = 1_000

/** @returns `null` of an account. @throws {ClickHouseFailure} */
export async function findLinked(
  servers: Asked,
  selection: ErasedSelection,
): Promise<LinkedIds | null> {
  const kind = idKindOf(selection.id.kind)
  if (kind === 'group') return null
  const other = kind === 'user' ? 'anonymous' : 'user'
  const column = ERASED_COLUMNS[other]
  const months = await inMonths<{ readonly ids: readonly string[] }>(
    servers,
    `SELECT groupUniqArray(${MAX_LINKED})(assumeNotNull(${column})) AS ids
     FROM events WHERE ${conditionOf(selection)} AND ${column} IS NOT NULL`,
  )
  return { kind: other, ids: new Set(months.flatMap((month) => month.ids)) }
}

/** Of several ClickHouses. @returns `null` of an account. */
export function joinLinked(each: readonly (LinkedIds | null)[]): LinkedIds | null {
  const linked = each.filter((one) => one !== null)
  const [first] = linked
  if (first === undefined) return null
  return { kind: first.kind, ids: new Set(linked.flatMap(({ ids }) => [...ids])) }
}
