import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  COMPLETE_KEY,
  createErasedIds,
  erasedIdOf,
  erasedKey,
  readErasure,
  type ErasedSpan,
} from '@custom-events/event'
import { openErasureTopic } from './erasure-topic.ts'

const BY = { erasureId: 'e', askedBy: '', askedAt: 0 }
const before = (timestampBefore: number): ErasedSpan => ({ timestampBefore, receivedBefore: null })

/** A topic in memory that is read as soon as it is written. */
function topicInMemory() {
  const ids = createErasedIds()
  const calls = { reads: 0, writes: 0 }
  const erasures = {
    ids,
    isComplete: false,
    trouble: null,
    get ageMs() {
      calls.reads++
      return -1
    },
    records: () => ids.records(),
    unreadableKeys: () => [].values(),
  }
  const topic = openErasureTopic({
    topic: 'events.erased.v1',
    erasures,
    producer: {
      produce: async (records) => {
        calls.writes++
        return records.map(({ key, value }) => {
          if (key?.toString() === COMPLETE_KEY) erasures.isComplete = true
          else if (key && value) ids.set(key.toString(), readErasure(key, value))
          return { status: 'acknowledged', offset: 0 } as const
        })
      },
    },
  })
  return { topic, ids, calls, erasures }
}

test('an id of which only some spans were written gets the others, and then the topic is complete', async () => {
  const { topic, ids, erasures } = topicInMemory()
  const id = erasedIdOf('user', 'u')
  const spans = [before(10), { timestampBefore: null, receivedBefore: 5 }]
  // Killed between two spans.
  await topic.announce(id, before(10), BY)
  assert.equal(erasures.isComplete, false)
  assert.equal(await topic.nameAll([{ id, spans, by: BY }]), 1)
  assert.deepEqual(ids.get(erasedKey(id))?.spans, spans)
  assert.equal(erasures.isComplete, true)
  assert.equal(await topic.nameAll([{ id, spans, by: BY }]), 0)
})

test('what was lifted is not erased again by a table that has forgotten the lift', async () => {
  const { topic, ids } = topicInMemory()
  const id = erasedIdOf('user', 'u')
  const spans = [{ timestampBefore: null, receivedBefore: null }]
  await topic.announce(id, spans[0] ?? before(0), { ...BY, askedAt: 1_000 })
  await topic.lift(id, 2_000, { ...BY, askedAt: 1_999 })
  const lifted = [{ timestampBefore: null, receivedBefore: 2_000 }]
  assert.equal(await topic.nameAll([{ id, spans, by: { ...BY, askedAt: 1_000 } }]), 0)
  assert.deepEqual(ids.get(erasedKey(id))?.spans, lifted)
  const since = { ...BY, askedAt: 3_000 }
  assert.equal(await topic.nameAll([{ id, spans, by: since }]), 1, 'asked for again since')
  assert.deepEqual(ids.get(erasedKey(id))?.spans, spans)
})

test('however many erasures there are, they are compared at once', async () => {
  const { topic, calls, ids } = topicInMemory()
  const wanted = Array.from({ length: 3_000 }, (_, index) => ({
    id: erasedIdOf('user', `u-${index}`),
    spans: [before(10)],
    by: BY,
  }))
  assert.equal(await topic.nameAll(wanted), 3_000)
  assert.equal(ids.size, 3_000)
  assert.ok(calls.reads <= 4 && calls.writes <= 7, JSON.stringify(calls))
})
