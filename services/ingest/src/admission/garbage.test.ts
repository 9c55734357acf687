import assert from 'node:assert/strict'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { createGarbageLook, watchGarbage } from './garbage.ts'

test('garbage is collected when enough has come since the least that was in use', () => {
  const heap = { used: 100, inUse: 100, collections: 0 }
  const look = createGarbageLook(
    {
      usedBytes: () => heap.used,
      collect: () => {
        heap.collections += 1
        heap.used = heap.inUse
      },
    },
    40,
  )
  const table: readonly (readonly [
    step: string,
    used: number,
    inUse: number,
    collections: number,
  ])[] = [
    ['the first look knows nothing', 100, 100, 0],
    ['a little', 139, 100, 0],
    ['enough', 140, 100, 1],
    ['what is in use grows, of which one collection tells', 150, 150, 2],
    ['and then no more', 185, 150, 2],
    ['V8 collected by itself, and found less', 60, 60, 2],
    ['from there it counts', 99, 60, 2],
    ['again', 100, 60, 3],
  ]
  for (const [step, used, inUse, collections] of table) {
    heap.used = used
    heap.inUse = inUse
    look()
    assert.equal(heap.collections, collections, step)
  }
})

test('what gathers in this process is collected while it does other things', async () => {
  const forced: number[] = []
  const observer = new PerformanceObserver((list) => {
    // Of entries of this kind; their type is that of all kinds.
    for (const { detail } of list.getEntries() as { detail?: { kind: number; flags: number } }[]) {
      const isForced = ((detail?.flags ?? 0) & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0
      if (isForced && detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) forced.push(1)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  using resources = new DisposableStack()
  resources.use(watchGarbage())
  assert.deepEqual(forced, [])
  const kept = Array.from({ length: 2_500_000 }, (_, n) => ({ n }))
  await eventually(() => assert.equal(forced.length, 1))
  observer.disconnect()
  assert.equal(kept.length, 2_500_000, 'it was in use until now')
})
