import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { V8_FLAGS } from '@custom-events/embedded'
import { createGarbageLook, createUnusualLoad } from './garbage.ts'

const MIB = 1_024 ** 2

/** A heap whose sizes, in MiB, and whose clock the test decides about. */
function createHeap() {
  const heap = { used: 0, inUse: 0, collections: 0, nowMs: 0, collectionMs: 40 }
  const load = createUnusualLoad()
  const look = createGarbageLook(
    {
      usedBytes: () => heap.used * MIB,
      collect: () => {
        heap.collections += 1
        heap.used = heap.inUse
        heap.nowMs += heap.collectionMs
      },
    },
    load,
    () => heap.nowMs,
  )
  const lookAt = (used: number, inUse: number, inMs = 1_000): number => {
    heap.nowMs += inMs
    heap.used = used
    heap.inUse = inUse
    look()
    return heap.collections
  }
  return { heap, load, lookAt }
}

test('where unusual events come, garbage is collected when 40 MiB have come since the least that was in use', () => {
  const { load, lookAt } = createHeap()
  for (const [step, used, inUse, collections] of [
    ['the first look knows nothing', 60, 60, 0],
    ['a little', 99, 60, 0],
    ['enough', 100, 60, 1],
    ['what is in use grows, of which one collection tells', 110, 80, 2],
    ['and then no more', 119, 80, 2],
    ['V8 collected by itself, and found less', 30, 30, 2],
    ['from there it counts', 69, 30, 2],
    ['again', 70, 30, 3],
  ] as const) {
    load.events += 4_000
    assert.equal(lookAt(used, inUse), collections, step)
  }
})

test('V8 is left alone until 128 MiB have come, but where long bodies or unusual events come', () => {
  const { load, lookAt } = createHeap()
  const lookSoon = (used: number): number => lookAt(used, 60, 100)
  lookSoon(60)
  assert.equal(lookSoon(187), 0)
  assert.equal(lookSoon(188), 1)
  load.longBytes += 2 * MIB - 1
  load.events += 3_999
  assert.equal(lookAt(187, 60, 500), 1, 'a few of them are usual')
  load.longBytes += 1
  assert.equal(lookSoon(187), 2)
  assert.equal(lookAt(187, 60, 4_000), 3, 'for a while')
  assert.equal(lookAt(187, 60, 5_000), 4)
  assert.equal(lookAt(187, 60, 5_000), 4, 'and then no more')
  load.events += 4_000
  assert.equal(lookSoon(187), 5)
})

test('where much is in use, half as much may be garbage', () => {
  const { lookAt } = createHeap()
  lookAt(300, 300)
  assert.equal(lookAt(449, 300), 0)
  assert.equal(lookAt(450, 300), 1)
})

test('collecting has a sixth of the time at most, however fast garbage comes', () => {
  const { heap, lookAt } = createHeap()
  lookAt(60, 60)
  for (let ms = 0; ms < 10_000; ms += 100) lookAt(260, 60, 100)
  const share = (heap.collections * heap.collectionMs) / heap.nowMs
  assert.ok(heap.collections > 20 && share <= 1 / 6, `${heap.collections}, ${share}`)
})

test('what gathers in a process that may collect is collected while it does other things', () => {
  const gathering = fileURLToPath(new URL('../testing/gathering.fixture.ts', import.meta.url))
  for (const [flags, what, collections] of [
    [V8_FLAGS, 'objects', 1],
    [V8_FLAGS, 'buffers', 1],
    [[], 'objects', 0],
  ] as const) {
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, gathering, what], {
      encoding: 'utf8',
    })
    assert.equal(stdout.trim(), `${collections} collected, ${collections} told`, stderr)
  }
})
