import type { GroupOffset } from './group-offsets.ts'

/** How far a log reached when it was looked at; times are of a clock that never goes back. */
export interface SeenEnd {
  readonly end: number
  readonly atMs: number
}

/** More are not kept; what was seen in between is then known less exactly. */
const MAX_SEEN = 200

/**
 * The first record of a partition that the group has not committed, and how many there are. A commit outside of the log is
 * one of another log (the topic was made anew) or of records that are gone: then everything that is there is unread.
 */
export function unreadOf({ committed, earliest, latest }: GroupOffset): {
  readonly first: number
  readonly records: number
} {
  const isInLog = committed !== null && committed >= earliest && committed <= latest
  const first = isInLog ? committed : earliest
  return { first, records: latest - first }
}

/** With one more look, and without what says nothing about the first unread record or those after it. */
export function withEnd(
  seen: readonly SeenEnd[],
  next: SeenEnd,
  firstUnread: number,
): readonly SeenEnd[] {
  const last = seen.at(-1)
  if (last !== undefined && next.end < last.end) return [next] // a log that is shorter is another one
  const all = last?.end === next.end ? seen : [...seen, next]
  const firstWith = all.findIndex(({ end }) => end > firstUnread)
  // The look before stays: it proves that the record was not there yet.
  const needed = firstWith === -1 ? all.slice(-1) : all.slice(Math.max(0, firstWith - 1))
  if (needed.length <= MAX_SEEN) return needed
  return needed.filter((_, index) => index < 2 || index % 2 === 0)
}

/** When a record was seen first; `null` when it was there at the first look, so that nobody saw it come. */
export function seenFirst(seen: readonly SeenEnd[], offset: number): number | null {
  const index = seen.findIndex(({ end }) => end > offset)
  return index <= 0 ? null : (seen[index]?.atMs ?? null)
}
