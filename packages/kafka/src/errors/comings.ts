/** What comes and goes too quickly to be told each time: counted, and told when it has come too often. */
export interface Comings {
  /** It came. @returns how often within the last minutes, when that is to be told now; else `null`. */
  came(key: string): number | null
}

/** So often within so long is nothing that heals by itself. */
export const FLAPS = 6
export const FLAPS_WITHIN_MS = 300_000
/** As many as a large group has partitions; the oldest are forgotten first. */
const MAX_KEYS = 10_000

/** Counted together: however often it comes, there are few of these. */
const SPAN_MS = 30_000

interface Span {
  readonly startMs: number
  readonly count: number
}

interface Seen {
  readonly spans: readonly Span[]
  readonly toldAt: number
}

/** @param now milliseconds of a clock that never jumps. */
export function createComings(now: () => number): Comings {
  const seenByKey = new Map<string, Seen>()
  return {
    came: (key) => {
      const nowMs = now()
      const { spans: known = [], toldAt = -Infinity } = seenByKey.get(key) ?? {}
      const spans = withOneMore(known, nowMs)
      const often = spans.reduce((sum, { count }) => sum + count, 0)
      const isTold = often >= FLAPS && nowMs - toldAt >= FLAPS_WITHIN_MS
      seenByKey.delete(key)
      seenByKey.set(key, { spans, toldAt: isTold ? nowMs : toldAt })
      const [oldest] = seenByKey.keys()
      if (seenByKey.size > MAX_KEYS && oldest !== undefined) seenByKey.delete(oldest)
      return isTold ? often : null
    },
  }
}

function withOneMore(known: readonly Span[], nowMs: number): readonly Span[] {
  const lately = known.filter(({ startMs }) => nowMs - startMs < FLAPS_WITHIN_MS)
  const last = lately.at(-1)
  if (last === undefined || nowMs - last.startMs >= SPAN_MS) {
    return [...lately, { startMs: nowMs, count: 1 }]
  }
  return [...lately.slice(0, -1), { ...last, count: last.count + 1 }]
}
