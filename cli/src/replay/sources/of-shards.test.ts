import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cursor, Judged, Source } from './judged.ts'
import { sourceOfShards } from './of-shards.ts'

/** Pages of one each. */
function sourceOf(names: readonly string[], asked: Cursor[]): Source {
  return {
    title: 'letters',
    countResolved: async () => names.length,
    page: async (after) => {
      if (after !== null) asked.push(after)
      const at = after === null ? 0 : Number(after[1])
      const name = names[at]
      const judged = name === undefined ? [] : [{ name } as Judged] // a stand-in: what is not here is not used
      return { judged, next: at + 1 < names.length ? ['after', at + 1] : null }
    },
  }
}

test('everything that is refused in any shard is found, page by page', async () => {
  const asked: Cursor[] = []
  const source = sourceOfShards([
    sourceOf(['a', 'b'], asked),
    sourceOf([], asked),
    sourceOf(['c', 'd', 'e'], asked),
  ])
  const names: string[] = []
  let cursor: Cursor | null = null
  do {
    const page: Awaited<ReturnType<Source['page']>> = await source.page(cursor)
    names.push(...page.judged.map(({ name }) => name))
    cursor = page.next
  } while (cursor !== null)
  assert.deepEqual(names, ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(asked, [['after', 1], ['after', 1], ['after', 2]]) // prettier-ignore
  assert.equal(await source.countResolved(), 5)
})
