import { createHash } from 'node:crypto'
import type { Erasure } from '@custom-events/clickhouse'

/** What an operator hands to who asked: what was erased, without saying who. */
export interface Receipt {
  readonly erasure_id: string
  readonly kind: string
  /** Whoever knows the id can compare it. */
  readonly id_sha256: string
  readonly before: string | null
  readonly asked_at: string
  readonly asked_by: string
  readonly announced_at: string | null
  readonly announced_offset: number | null
  readonly finished_at: string
  /** Rows that were deleted, every copy counted, by table. */
  readonly found: Readonly<Record<string, number>>
  /** Rows that are left, by table: 0 of each. */
  readonly left: Readonly<Record<string, number>>
  /** Over all of the above, as JSON with sorted keys and without spaces. */
  readonly sha256: string
}

export function makeReceipt(
  erasure: Erasure,
  {
    left,
    finishedAt,
  }: { readonly left: Readonly<Record<string, number>>; readonly finishedAt: number },
): Receipt {
  const told = {
    erasure_id: erasure.erasureId,
    kind: erasure.id.kind,
    id_sha256: erasure.id.sha256,
    before: timeText(erasure.timestampBefore),
    asked_at: new Date(erasure.askedAt).toISOString(),
    asked_by: erasure.askedBy,
    announced_at: timeText(erasure.announcedAt),
    announced_offset: erasure.announcedOffset,
    finished_at: new Date(finishedAt).toISOString(),
    found: erasure.found,
    left,
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
