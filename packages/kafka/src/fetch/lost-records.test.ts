import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAllOutOfRange, describeOutOfRange } from './lost-records.ts'

const place = { topic: 't', partition: 3 }

test('records that retention has deleted are said to be deleted, and how many', () => {
  const text = describeOutOfRange({ ...place, committed: 10, earliest: 25, latest: 40 })
  assert.match(text, /^15 offsets, 10 to 24, were deleted .*left is 25 to 40$/)
})

test('a log that ends before the commit is not said to have deleted anything', () => {
  const text = describeOutOfRange({ ...place, committed: 40, earliest: 0, latest: 25 })
  assert.doesNotMatch(text, /deleted/)
  assert.match(text, /^40 is committed, and the log ends at 25: .*made anew.*last 15 offsets/)
})

test('a log that was cut is said to have been so when it has grown again', () => {
  const text = describeOutOfRange({ ...place, committed: 40, earliest: 0, latest: 90, cutAt: 25 })
  assert.match(
    text,
    /^40 is committed, .*found to end at 25, .*from there to 39 was never read; .* 0 to 90$/,
  )
})

test('each partition is named', () => {
  const one = { ...place, committed: 10, earliest: 25, latest: 40 }
  const text = describeAllOutOfRange([one, { ...one, partition: 4, committed: 50 }])
  assert.match(text, /^t\/3: 15 offsets.*; t\/4: 50 is committed/)
})
