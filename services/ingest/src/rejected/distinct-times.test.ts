import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BAD_EVENT, startTestIngest } from '../testing/test-support.ts'
import { createDistinctTimes } from './distinct-times.ts'

test('two requests of one id never have the same time, others have their own', () => {
  const timeOf = createDistinctTimes()
  const asked = [
    ['a', 5],
    ['b', 5],
    ['a', 5],
    ['a', 5],
    ['a', 9],
    ['a', 8],
  ] as const
  assert.deepEqual(
    asked.map(([id, ms]) => timeOf(id, ms)),
    [5, 5, 6, 7, 9, 10],
  )
})

test('an id that all requests have moves no time by more than a second', () => {
  const timeOf = createDistinctTimes()
  const times = Array.from({ length: 5_000 }, () => timeOf('the same', 7))
  assert.equal(Math.max(...times), 1_007)
  assert.equal(timeOf('the same', 3_600_000), 3_600_000)
})

test('who passes one X-Request-Id on has each of its rejected events kept', async (t) => {
  await using ingest = await startTestIngest()
  const now = Date.now()
  t.mock.method(Date, 'now', () => now)
  const headers = { 'x-request-id': 'request-of-the-page' }
  for (let turn = 0; turn < 3; turn += 1) await ingest.post(BAD_EVENT, { headers })
  const rejected = ingest.rejectedEvents()
  assert.deepEqual(
    rejected.map(({ request_id: id, received_at: ms }) => [id, ms]),
    [0, 1, 2].map((later) => ['request-of-the-page', now + later]),
  )
})
