import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { V8_FLAGS } from '@custom-events/embedded'
import { createGarbageLook } from './garbage.ts'

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

test('what gathers in a process that may collect is collected while it does other things', () => {
  const gathering = fileURLToPath(new URL('../testing/gathering.fixture.ts', import.meta.url))
  for (const [flags, collections] of [
    [V8_FLAGS, '1'],
    [[], '0'],
  ] as const) {
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, gathering], {
      encoding: 'utf8',
    })
    assert.equal(stdout.trim(), collections, stderr)
  }
})
