import { createHash } from 'node:crypto'
import { sumOf, type Counts, type SpreadErasure } from '../shards/spread.ts'

/** What an operator hands to who asked: what was erased, without saying who. */
export interface Receipt {
  readonly erasure_id: string
  readonly kind: string
  /** Whoever knows the id can compare it. */
  readonly id_sha256: string
  readonly before: string | null
  /** Only where it was lifted, and done again for what was taken before. */
  readonly lifted_at?: string
  readonly asked_at: string
  readonly asked_by: string
  readonly announced_at: string | null
  readonly announced_offset: number | null
  readonly finished_at: string
  /** Rows that were deleted, every copy counted, by table. */
  readonly found: Counts
  /** Rows that are left, by table: 0 of each. */
  readonly left: Counts
  /** The same of each of several ClickHouses, by its number. */
  readonly shards?: Readonly<Record<string, { readonly found: Counts; readonly left: Counts }>>
  /** Over all of the above, as JSON with sorted keys and without spaces. */
  readonly sha256: string
}

/** @param ended.left by table, of each shard */
export function makeReceipt(
  erasure: SpreadErasure,
  {
    left,
    finishedAt,
    liftedAt = null,
  }: {
    readonly left: readonly Counts[]
    readonly finishedAt: number
    readonly liftedAt?: number | null
  },
): Receipt {
  const byShard = left.map((ofShard, at) => {
    const found = erasure.rows[at]?.found ?? {}
    return [String(at + 1), { found, left: ofShard }] as const
  })
  const told = {
    erasure_id: erasure.erasureId,
    kind: erasure.id.kind,
    id_sha256: erasure.id.sha256,
    before: timeText(erasure.timestampBefore),
    ...(liftedAt === null ? {} : { lifted_at: new Date(liftedAt).toISOString() }),
    asked_at: new Date(erasure.askedAt).toISOString(),
    asked_by: erasure.askedBy,
    announced_at: timeText(erasure.announcedAt),
    announced_offset: erasure.announcedOffset,
    finished_at: new Date(finishedAt).toISOString(),
    found: erasure.found,
    left: sumOf(left),
    ...(left.length > 1 ? { shards: Object.fromEntries(byShard) } : {}),
  }
  return { ...told, sha256: createHash('sha256').update(canonical(told)).digest('hex') }
}

/** Whether a receipt is as it was made. */
export function isWhole({ sha256, ...told }: Receipt): boolean {
  return createHash('sha256').update(canonical(told)).digest('hex') === sha256
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
