import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createErasedIds, erasedIdOf, erasedKey } from '@custom-events/event'
import { eventText, startTestIngest } from '../testing/test-support.ts'

test('of who was erased nothing is written anywhere, good or bad, and the answer says why', async () => {
  const ids = createErasedIds()
  const id = erasedIdOf('user', 'u-gone')
  const spans = [{ timestampBefore: null, receivedBefore: null }]
  ids.set(erasedKey(id), { ...id, spans, erasureId: 'e', askedBy: '', askedAt: 0 })
  await using ingest = await startTestIngest({ erasures: { ids, ageMs: 0, notReadyReason: null } })
  const bad = (user_id: string): string => eventText({ user_id, timestamp: 'yesterday' })
  const batch = [eventText({ user_id: 'u-gone' }), bad('u-gone'), bad('u-here')]
  const { status, body } = await ingest.post(`{"batch":[${batch.join()}]}`, {
    path: '/v1/batch?results=all',
  })
  assert.deepEqual([status, body.accepted, body.rejected, body.ignored], [400, 0, 1, 2])
  const alone = await ingest.post(bad('u-gone'), { path: '/v1/track?strict=true' })
  assert.deepEqual([alone.status, alone.body.ignored], [200, 1])
  assert.equal(alone.body.results[0].reason.code, 'erased')
  assert.equal(ingest.events().length, 0)
  assert.deepEqual(
    ingest.rejectedEvents().map((rejected) => rejected.user_id),
    ['u-here'],
  )
})
