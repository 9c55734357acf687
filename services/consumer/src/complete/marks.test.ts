import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMarks, MAX_MARKS } from './marks.ts'

test('a moment is passed when everything below the end that was seen after it is settled', () => {
  const marks = createMarks()
  marks.add({ atMs: 1_000, end: 10 })
  marks.add({ atMs: 2_000, end: 20 })
  marks.add({ atMs: 3_000, end: 30 })
  assert.equal(marks.passed(9), null)
  assert.equal(marks.passed(10), 1_000)
  assert.equal(marks.passed(10), null) // told once
  assert.equal(marks.passed(29), 2_000)
  assert.equal(marks.passed(99), 3_000)
})

test('an idle partition is complete until the last look', () => {
  const marks = createMarks()
  for (const atMs of [1_000, 2_000, 3_000]) {
    marks.add({ atMs, end: 7 })
    assert.equal(marks.passed(7), atMs)
  }
})

test('a backlog of hours keeps a bounded number of marks, and none is ever too early', () => {
  const marks = createMarks()
  const looks = 10_000
  for (let look = 1; look <= looks; look++) marks.add({ atMs: look * 1_000, end: look * 10 })
  let told = 0
  for (let next = 0; next <= looks * 10; next += 5) {
    const atMs = marks.passed(next)
    if (atMs === null) continue
    told += 1
    assert.ok(atMs / 100 <= next, `${atMs} ms told at offset ${next}`)
  }
  assert.ok(told <= MAX_MARKS + 1)
  assert.ok(told > 1)
  marks.add({ atMs: 1, end: 1 })
  assert.equal(marks.passed(looks * 10), 1)
})

test('the latest mark stays, whatever else is let go of', () => {
  for (const looks of [MAX_MARKS, MAX_MARKS + 1, MAX_MARKS + 2, 1_000]) {
    const marks = createMarks()
    for (let look = 1; look <= looks; look++) marks.add({ atMs: look, end: look })
    assert.equal(marks.passed(looks), looks)
  }
})
