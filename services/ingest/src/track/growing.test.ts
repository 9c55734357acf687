import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf, splitAccounts } from '@custom-events/event'
import { eventText, startTestIngest } from '../testing/test-support.ts'

test('a request is placed where accounts are placed once it is there; nothing is taken while that is nowhere', async () => {
  const next = { generation: 2, topic: 'events.tracked.v1.g2', partitions: 48 }
  let closed: string | null = null
  await using ingest = await startTestIngest({ place: () => ({ ...next, closed }) })
  assert.equal((await ingest.post(eventText())).status, 200)
  const [record] = ingest.producer.records
  assert.equal(record?.topic, next.topic)
  assert.equal(record.partition, partitionOf(String(record.key), next.partitions))

  closed = 'it grows, since the request was let in'
  const refused = [
    ['/track', 503],
    ['/track?strict=1', 503],
    ['/v1/track', 429], // after which SDKs wait as long as they are told
  ] as const
  for (const [path, expected] of refused) {
    const { status, headers, body } = await ingest.post(eventText(), { path })
    assert.equal(status, expected, path)
    assert.ok(headers.has('retry-after'))
    assert.equal(body.code, expected === 503 ? 'kafka_unavailable' : 'backpressure', path)
  }
  assert.equal(ingest.producer.records.length, 1)
  assert.equal((await ingest.post(eventText(), { path: '/v1/validate' })).status, 200)
})

test('a dry run tells the place of an event of a split account that /track gives it', async () => {
  const split = splitAccounts(['account_456'], 1)
  const place = {
    generation: 2,
    topic: 'events.tracked.v1.g2',
    partitions: 48,
    split,
    closed: null,
  }
  await using ingest = await startTestIngest({ place: () => place })
  for (const event_id of ['a', 'b', 'c']) {
    const text = eventText({ event_id, group_id: 'account_456' })
    const pretended = await ingest.post(text, { path: '/v1/validate' })
    assert.equal((await ingest.post(text)).status, 200)
    const record = ingest.producer.records.at(-1)
    assert.equal(record?.topic, place.topic)
    assert.equal(pretended.body.results[0].partition, record.partition)
  }
  const partitions = new Set(ingest.producer.records.map(({ partition }) => partition))
  assert.equal(partitions.size, 3)
})
