import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rampUp } from './ramp-up.ts'

test('batches begin small and grow fourfold up to their limits, their age unchanged', () => {
  const limits = rampUp(() => ({ maxRows: 50_000, maxBytes: 16_777_216, maxAgeMs: 1_000 }))
  const seen = Array.from({ length: 4 }, () => {
    const current = limits.current()
    limits.settled()
    return [current.maxRows, current.maxBytes, current.maxAgeMs]
  })
  assert.deepEqual(seen, [
    [1_500, 524_288, 1_000],
    [6_000, 2_097_152, 1_000],
    [24_000, 8_388_608, 1_000],
    [50_000, 16_777_216, 1_000],
  ])
})

test('limits below those of the first batch are kept', () => {
  const limits = rampUp(() => ({ maxRows: 7, maxBytes: 9, maxAgeMs: 0 }))
  assert.deepEqual(limits.current(), { maxRows: 7, maxBytes: 9, maxAgeMs: 0 })
})
