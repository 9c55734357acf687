import type { Source } from './judged.ts'

/** What is refused in several ClickHouses, one after the other. A cursor begins with which of them it is of. */
export function sourceOfShards(sources: readonly [Source, ...Source[]]): Source {
  const [first] = sources
  return {
    title: first.title,
    page: async (after) => {
      const [index = 0, ...within] = after ?? []
      const place = Number(index)
      const source = sources[place] ?? first
      const { judged, next } = await source.page(within.length === 0 ? null : within)
      if (next !== null) return { judged, next: [place, ...next] }
      return { judged, next: place + 1 < sources.length ? [place + 1] : null }
    },
    countResolved: async () => {
      let resolved = 0
      for (const source of sources) resolved += await source.countResolved()
      return resolved
    },
  }
}
