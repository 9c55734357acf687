import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readiness } from '../readiness.ts'
import { countOf, eventText, startTestIngest } from '../testing/test-support.ts'

const LARGE = eventText({ event_id: 'large', properties: { text: 'x'.repeat(5_000) } })
const SMALL = eventText({ event_id: 'small' })

test('an event that its topic does not take is rejected before anything is produced; others are accepted', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.batchBytes = 4_000
  const { status, body } = await ingest.post(`[${SMALL},${LARGE}]`)
  assert.deepEqual([status, body.accepted, body.rejected], [200, 1, 1])
  const [error] = body.results[1].errors
  assert.equal(error.code, 'event_too_large')
  assert.match(error.expected, /4000/)
  assert.deepEqual(
    ingest.events().map((event) => event.event_id),
    ['small'],
  )
  assert.equal(await countOf(ingest.metrics.rejected), 1)
  const [rejected] = ingest.rejectedEvents()
  assert.deepEqual([rejected?.code, rejected?.raw_truncated], ['event_too_large', true])
  assert.ok((rejected?.raw.length ?? 0) <= 2_000, 'it must fit its own topic')
})

test('in a strict request nothing is produced beside an event that is too large', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.batchBytes = 4_000
  const { status, body } = await ingest.post(`[${SMALL},${LARGE}]`, { path: '/track?strict=1' })
  assert.deepEqual([status, body.code], [400, 'validation_failed'])
  assert.deepEqual(ingest.events(), [])
})

test('what Kafka refuses for its size is rejected; in a strict request it is to be sent again', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.outcome = (record) =>
    (record.value?.length ?? 0) > 4_000
      ? { status: 'unacknowledged', reason: 'record_too_large' }
      : { status: 'acknowledged', offset: 0 }
  const plain = await ingest.post(`[${SMALL},${LARGE}]`)
  assert.deepEqual([plain.status, plain.body.accepted, plain.body.rejected], [200, 1, 1])
  const strict = await ingest.post(`[${SMALL},${LARGE}]`, { path: '/track?strict=1' })
  assert.deepEqual([strict.status, strict.body.code], [503, 'kafka_unavailable'])
})

test('a right that is missing on the topic of rejected events is named, and events are taken all the same', async () => {
  await using ingest = await startTestIngest()
  const trouble = { topic: 'r', partitions: null, code: 'X', text: 'may not write r' }
  ingest.producer.troubles = [{ ...trouble, isPermanent: true }]
  assert.deepEqual(readiness(ingest.parts), { isReady: false, reasons: ['may not write r'] })
  assert.equal((await ingest.post(SMALL)).status, 200)
  ingest.producer.troubles = [{ ...trouble, isPermanent: false }]
  assert.deepEqual(readiness(ingest.parts), { isReady: true, reasons: ['may not write r'] })
})
