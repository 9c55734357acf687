import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventText, startTestIngest } from '../testing/test-support.ts'

test('Retry-After grows 2, 10, 60, 300 s while Kafka is away, and is 2 s again after a success', async () => {
  let now = 0
  await using ingest = await startTestIngest({ clock: () => now, random: () => 0.5 })
  const waits: string[] = []
  ingest.producer.notReadyReason = 'away'
  for (const at of [0, 10_000, 60_000, 300_000]) {
    now = at
    const { status, headers } = await ingest.post(eventText())
    assert.equal(status, 503)
    waits.push(headers.get('retry-after') ?? '')
  }
  assert.deepEqual(waits, ['2', '10', '60', '300'])
  ingest.producer.notReadyReason = null
  assert.equal((await ingest.post(eventText())).status, 200)
  ingest.producer.notReadyReason = 'away again'
  const { headers } = await ingest.post(eventText())
  assert.equal(headers.get('retry-after'), '2')
})
