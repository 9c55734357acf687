import type { QueryableWatch } from './queryable-watch.ts'

/** A watch of each topic that events go to: another, once theirs has grown. All records of a request are in one. */
export function queryableByTopic(open: (topic: string) => QueryableWatch): QueryableWatch {
  const watches = new Map<string, QueryableWatch>()
  const watchOf = (topic: string): QueryableWatch => {
    const watch = watches.get(topic) ?? open(topic)
    watches.set(topic, watch)
    return watch
  }
  return {
    until: (asked, gone) => watchOf(asked.receipts[0]?.topic ?? '').until(asked, gone),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...watches.values()].map((watch) => watch[Symbol.asyncDispose]()))
    },
  }
}
