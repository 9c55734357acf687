import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetryAdvice } from './retry-after.ts'

test('clients are told to wait longer the longer the outage lasts, and 2 s again after it', () => {
  let now = 1_000_000
  const advice = createRetryAdvice(
    () => now,
    () => 0.5,
  )
  assert.equal(advice.seconds(), 2)
  advice.failed()
  const table = [
    [0, 2],
    [9_999, 2],
    [10_000, 10],
    [59_999, 10],
    [60_000, 60],
    [299_999, 60],
    [300_000, 300],
    [86_400_000, 300],
  ] as const
  for (const [age, seconds] of table) {
    now = 1_000_000 + age
    advice.failed() // a later failure does not restart the outage
    assert.equal(advice.seconds(), seconds, String(age))
  }
  advice.succeeded()
  assert.equal(advice.seconds(), 2)
})

test('the wait is a whole number of seconds within 30 % of its step, at every step', () => {
  const table = [
    [0, 1, 3],
    [10_000, 7, 13],
    [60_000, 42, 78],
    [300_000, 210, 390],
  ] as const
  for (const [age, least, most] of table) {
    let now = 0
    let random = 0
    const advice = createRetryAdvice(
      () => now,
      () => random,
    )
    advice.failed()
    now = age
    assert.equal(advice.seconds(), least)
    random = 0.999
    assert.equal(advice.seconds(), most)
  }
})
