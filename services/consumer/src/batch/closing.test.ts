import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConfiguredLimits, msUntilOld, rampUp, whyDue, whyFull } from './closing.ts'

const LIMITS = { maxRows: 10, maxBytes: 1_000, maxAgeMs: 500 }
const CONFIG = { BATCH_MAX_ROWS: 50_000, BATCH_MAX_BYTES: 16_777_216, BATCH_MAX_AGE_MS: 1_000 }

test('a batch closes for its rows, its bytes or its age, whichever comes first; an empty one never does', () => {
  const at = (rows: number, bytes: number, ageMs: number) =>
    whyDue({ rows, bytes, openedAtMs: 1_000 }, LIMITS, 1_000 + ageMs)
  assert.equal(at(1, 1, 499), null)
  assert.equal(at(1, 1, 500), 'age')
  assert.equal(at(10, 1, 0), 'rows')
  assert.equal(at(1, 1_000, 0), 'bytes')
  assert.equal(at(10, 1_000, 500), 'rows')
  assert.equal(whyDue({ rows: 0, bytes: 0, openedAtMs: null }, LIMITS, Infinity), null)
  assert.equal(whyFull({ rows: 9, bytes: 999 }, LIMITS), null)
})

test('how long a batch may still wait is never less than nothing, and without end while it is empty', () => {
  assert.equal(msUntilOld({ openedAtMs: 1_000 }, LIMITS, 1_200), 300)
  assert.equal(msUntilOld({ openedAtMs: 1_000 }, LIMITS, 9_000), 0)
  assert.equal(msUntilOld({ openedAtMs: null }, LIMITS, 9_000), Infinity)
})

test('batches of an assignment begin small and grow fourfold up to their limits, their age unchanged', () => {
  const limits = rampUp(createConfiguredLimits(CONFIG))
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
  const small = { BATCH_MAX_ROWS: 7, BATCH_MAX_BYTES: 9, BATCH_MAX_AGE_MS: 0 }
  const limits = rampUp(createConfiguredLimits(small))
  assert.deepEqual(limits.current(), { maxRows: 7, maxBytes: 9, maxAgeMs: 0 })
})

test('while there are too many parts the age doubles up to 30 s; each settled batch halves it, down to what is configured', () => {
  const configured = createConfiguredLimits(CONFIG)
  const limits = rampUp(configured)
  const ages = (change: () => void) =>
    Array.from({ length: 6 }, () => {
      change()
      return limits.current().maxAgeMs
    })
  assert.deepEqual(ages(configured.tooManyParts), [2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  assert.deepEqual(ages(limits.settled), [15_000, 7_500, 3_750, 1_875, 1_000, 1_000])
})
