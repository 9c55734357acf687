import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventText, startTestIngest } from '../testing/test-support.ts'

test('records of many requests keep their bytes until they are produced, whatever comes meanwhile', async () => {
  await using ingest = await startTestIngest()
  // Small ones share a buffer, a large one has its own; together they fill several.
  const sizes = [1, 300, 2_000, 7_900, 40_000]
  const sent = Array.from({ length: 200 }, (_, at) => ({
    event_id: `id-${at}`,
    note: String.fromCharCode(97 + (at % 26)).repeat(sizes[at % sizes.length] ?? 1),
  }))
  await Promise.all(
    sent.map(({ event_id, note }) => ingest.post(eventText({ event_id, properties: { note } }))),
  )
  const kept = new Map(ingest.events().map(({ event_id, properties }) => [event_id, properties]))
  assert.equal(kept.size, sent.length)
  for (const { event_id, note } of sent) {
    assert.equal(kept.get(event_id), JSON.stringify({ note }), event_id)
  }
})
