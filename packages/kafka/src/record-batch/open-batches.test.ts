import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOpenBatches, type Keepable } from './open-batches.ts'

const MIB = 1_048_576

interface Sample extends Keepable {
  readonly isClosed: () => boolean
  readonly parts: number
}

function sample(memoryBytes: number, parts = 1): Sample {
  let isClosed = false
  const close = async (): Promise<void> => void (isClosed = true)
  return { memoryBytes, close, isClosed: () => isClosed, parts }
}

/** Each of `count` partitions has a batch of ten parts, one part a turn. @returns turns until all are read. */
function readInTurns(count: number, memoryBytes: number): number {
  const open = createOpenBatches<Sample>(() => 0)
  const left = new Set(Array.from({ length: count }, (_, key) => String(key)))
  for (let turn = 1; turn <= 1_000; turn++) {
    for (const key of left) {
      const parts = (open.take(key)?.parts ?? 0) + 1
      if (parts < 10) open.put(key, sample(memoryBytes, parts))
      else {
        open.done(key)
        left.delete(key)
      }
    }
    if (left.size === 0) return turn
  }
  return Infinity
}

test('batches that are read in turn all come to their end, however many there are', () => {
  assert.equal(readInTurns(4, MIB), 10)
  assert.ok(readInTurns(5, MIB) < 30)
  assert.ok(readInTurns(12, MIB) < 60)
  assert.ok(readInTurns(3, 128 * MIB) < 40)
})

test('what is kept takes bounded memory; one is always kept, and what is not kept is closed', () => {
  const open = createOpenBatches<Sample>(() => 0)
  const [wide, narrow] = [sample(128 * MIB), sample(MIB)]
  open.put('wide', wide)
  open.put('narrow', narrow)
  assert.deepEqual([wide.isClosed(), narrow.isClosed()], [false, true])
  assert.equal(open.take('narrow'), null)
  assert.equal(open.take('wide'), wide)
  open.put('narrow', sample(MIB)) // while the wide one is read
  assert.equal(open.take('narrow'), null)
  open.put('wide', wide)
  assert.equal(open.take('wide'), wide)
  open.done('wide')
  open.put('narrow', narrow)
  assert.equal(open.take('narrow'), narrow)
})

test('what nobody reads any more makes room after a minute', () => {
  let nowMs = 0
  const open = createOpenBatches<Sample>(() => nowMs)
  const [left, next] = [sample(128 * MIB), sample(128 * MIB)]
  open.put('left', left)
  nowMs = 61_000
  open.put('next', next)
  assert.equal(left.isClosed(), true)
  assert.equal(open.take('next'), next)
})
