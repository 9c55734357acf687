import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import fc from 'fast-check'
import { eventually } from '../../../../test/support/eventually.ts'
import {
  BAD_EVENT,
  countOf,
  eventText,
  startTestIngest,
  TOPICS,
  type TestIngest,
} from '../testing/test-support.ts'

const DOCUMENT =
  '{"user_id":"user_456","event":"subscription_upgraded","properties":{"email":"AliceW@example.com"},"context":{"group_id":"account_789"},"timestamp":"2023-11-03T10:15:20.123Z"}'

const UNAVAILABLE = { status: 'unacknowledged', reason: 'kafka_unavailable' } as const

test('an accepted event is one record, keyed by its account, on the partition of its account', async () => {
  await using ingest = await startTestIngest()
  const { status, headers, body } = await ingest.post(DOCUMENT)
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('x-track-accepted'), '1')
  const [event] = ingest.events()
  assert.deepEqual(body, {
    success: true,
    message: 'accepted 1 event',
    request_id: headers.get('x-request-id'),
    event_id: event?.event_id,
    received: 1,
    accepted: 1,
    rejected: 0,
    ignored: 0,
    results: [{ index: 0, status: 'accepted', event_id: event?.event_id }],
  })
  const [record] = ingest.producer.records
  assert.equal(record?.topic, TOPICS.tracked)
  assert.equal(record?.key?.toString(), 'account_789')
  assert.equal(record?.partition, partitionOf('account_789', 12))
  assert.equal(record?.value?.subarray(0, 5).toString('hex'), '0000000007')
  assert.equal(event?.properties, '{"email":"AliceW@example.com"}')
})

test('every shape of body gives the same events', async () => {
  await using ingest = await startTestIngest()
  const [first, second] = [eventText(), eventText({ event_id: 'e-2' })]
  const bodies: readonly (readonly [string, Record<string, string>])[] = [
    [`[${first},${second}]`, {}],
    [`{"batch":[${first},${second}]}`, { 'content-type': 'text/plain' }],
    [`{"events":[${first},${second}]}`, { 'content-type': 'application/x-www-form-urlencoded' }],
    [`${first}\r\n\n${second}\n`, { 'content-type': 'application/x-ndjson' }],
    [`\ufeff[${first},${second}]`, { 'content-type': 'application/json; charset=utf-8' }],
  ]
  for (const [body, headers] of bodies) {
    const answer = await ingest.post(body, { headers })
    assert.equal(answer.body.accepted, 2, body)
    const ids = ingest.events().map(({ event_id }) => event_id)
    assert.deepEqual(ids.slice(-2), ['e-1', 'e-2'])
  }
})

test('every path of ours takes events', async () => {
  await using ingest = await startTestIngest()
  for (const path of ['/track', '/v1/track', '/api/track', '/track?x=1']) {
    assert.equal((await ingest.post(eventText(), { path })).status, 200, path)
  }
})

test('a mixed batch is 200 with a verdict per event; the rejected ones are kept for querying', async () => {
  await using ingest = await startTestIngest()
  const sent = `{"batch":[${eventText()},${BAD_EVENT},{"type":"page"}]}`
  const { status, headers, body } = await ingest.post(sent, {
    path: '/v1/batch?results=all',
    headers: { 'x-request-id': 'r-1' },
  })
  assert.equal(status, 200)
  assert.equal(body.success, false)
  assert.equal(body.code, 'partial_rejection')
  assert.equal('error' in body, false)
  assert.deepEqual([body.received, body.accepted, body.rejected, body.ignored], [3, 1, 1, 1])
  assert.equal(headers.get('x-track-rejected'), '1')
  const statuses = body.results.map((result: { status: string }) => result.status)
  assert.deepEqual(statuses, ['accepted', 'rejected', 'ignored'])
  const [error] = body.results[1].errors
  assert.deepEqual(Object.keys(error), [
    'pointer',
    'code',
    'detail',
    'expected',
    'got',
    'suggestion',
  ])
  assert.equal(error.pointer, '/batch/1/group_id')
  const [rejected] = ingest.rejectedEvents()
  assert.equal(rejected?.raw, BAD_EVENT)
  assert.deepEqual(
    [rejected?.request_id, rejected?.index, rejected?.code, rejected?.pointer, rejected?.user_id],
    ['r-1', 1, 'missing_group_id', '/batch/1/group_id', 'user_789'],
  )
})

test('whatever a rejected event names, its record stays small', async () => {
  await using ingest = await startTestIngest()
  const long = 'x'.repeat(1_000_000)
  const event = { event: long, group_id: long, user_id: long, event_id: long, [long]: { a: 1 } }
  const { status } = await ingest.post(JSON.stringify(event))
  assert.equal(status, 400)
  const [rejected] = ingest.rejectedEvents()
  assert(rejected !== undefined)
  assert.equal(rejected.event?.length, 1_024)
  assert(Buffer.byteLength(JSON.stringify(rejected)) < 200_000)
})

test('a request without one accepted event is 400 problem+json', async () => {
  await using ingest = await startTestIngest()
  const { status, headers, body } = await ingest.post(BAD_EVENT)
  assert.equal(status, 400)
  assert.equal(headers.get('content-type'), 'application/problem+json')
  assert.equal(body.code, 'validation_failed')
  assert.equal(body.success, false)
  assert.equal(body.status, 400)
  assert.match(body.message, /1 of 1 event rejected; first: \/group_id: group_id is missing/)
  assert.equal(body.results[0].errors[0].code, 'missing_group_id')
  assert.equal(ingest.events().length, 0)
})

test('in strict mode one rejected event keeps all others out of Kafka', async () => {
  await using ingest = await startTestIngest()
  const sent = `[${eventText()},${BAD_EVENT}]`
  const asked = [
    ...['strict=1', 'strict=true', 'strict', 'a=b&strict'].map((query) => ({
      path: `/track?${query}`,
    })),
    ...['respond-async, handling=strict', 'handling="strict"', 'handling = strict; a'].map(
      (prefer) => ({
        headers: { prefer },
      }),
    ),
  ]
  for (const options of asked) {
    const { status, body } = await ingest.post(sent, options)
    assert.equal(status, 400)
    assert.deepEqual([body.accepted, body.rejected, body.retry], [0, 1, 1])
  }
  assert.equal(ingest.events().length, 0)
  for (const path of ['/track', '/track?strict=0', '/track?strict=false', '/track?strictly']) {
    assert.equal((await ingest.post(sent, { path })).status, 200, path)
  }
})

test('nothing is answered before Kafka has acknowledged', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  let isAnswered = false
  const answer = ingest.post(eventText()).finally(() => (isAnswered = true))
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  assert.equal(isAnswered, false)
  ingest.producer.outcome = outcome
  assert.equal((await answer).status, 200)
})

test('one event that is not acknowledged makes the whole request 503, event by event', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = (record) =>
    record.key?.toString() === 'away' ? UNAVAILABLE : (outcome?.(record) ?? UNAVAILABLE)
  const { status, headers, body } = await ingest.post(
    `[${eventText()},${eventText({ group_id: 'away' })},${BAD_EVENT}]`,
  )
  assert.equal(status, 503)
  assert.equal(body.code, 'kafka_unavailable')
  assert.match(headers.get('retry-after') ?? '', /^[1-3]$/)
  const statuses = body.results.map((result: { status: string }) => result.status)
  assert.deepEqual(statuses, ['accepted', 'retry', 'rejected'])
  assert.equal(ingest.rejectedEvents().length, 0, 'the resent request brings it again')
})

test('a producer that never answers still gives 503 in time', async () => {
  await using ingest = await startTestIngest({ limits: { answerTimeoutMs: 100 } })
  ingest.producer.outcome = null
  const { status, body } = await ingest.post(eventText())
  assert.deepEqual([status, body.code], [503, 'kafka_unavailable'])
})

test('a full producer gives 503 overloaded', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.outcome = () => ({ status: 'unacknowledged', reason: 'backpressure' })
  const { status, headers, body } = await ingest.post(eventText())
  assert.deepEqual([status, body.code], [503, 'overloaded'])
  const { values } = await ingest.metrics.refusedForLoad.get()
  const counted = values.filter(({ value }) => value > 0).map(({ labels }) => labels['reason'])
  assert.deepEqual(counted, ['producer_buffer'])
  assert.ok(Number.isInteger(Number(headers.get('retry-after'))))
})

test('a receipt names the place of the record, only when asked for', async () => {
  await using ingest = await startTestIngest()
  await ingest.post(eventText())
  const { body } = await ingest.post(eventText(), { path: '/track?receipt=1' })
  const partition = partitionOf('account_456', 12)
  assert.deepEqual(body.results[0].receipt, { topic: TOPICS.tracked, partition, offset: '1' })
})

test('results are all of a short list, the errors of a long one, or what was asked for', async () => {
  await using ingest = await startTestIngest()
  const body = (count: number) =>
    `[${BAD_EVENT},${Array(count - 1)
      .fill(eventText())
      .join()}]`
  const table: readonly (readonly [number, string, number])[] = [
    [100, '', 100],
    [101, '', 1],
    [101, '?results=all', 101],
    [3, '?results=errors', 1],
    [3, '?results=none', 0],
  ]
  for (const [count, query, shown] of table) {
    const answer = await ingest.post(body(count), { path: `/track${query}` })
    assert.equal(answer.body.results.length, shown, `${count}${query}`)
  }
})

test('an SDK call that is no event is ignored and counts as success', async () => {
  await using ingest = await startTestIngest()
  for (const path of ['/v1/t', '/v1/identify']) {
    const { status, body } = await ingest.post('{"type":"identify","userId":"u"}', { path })
    assert.deepEqual([status, body.success, body.ignored], [200, true, 1])
    const [{ reason }] = body.results
    assert.equal(reason.code, 'not_an_event')
    assert.match(reason.detail, /^identify is a call of SDKs/)
  }
})

test('on our own paths nothing is ignored: a field named type is a field', async () => {
  await using ingest = await startTestIngest()
  const { body } = await ingest.post(eventText({ type: 'identify', version: '2.3.1' }))
  assert.deepEqual([body.accepted, body.ignored], [1, 0])
  assert.equal(ingest.events().at(-1)?.extra, '{"type":"identify","version":"2.3.1"}')
})

test('an Idempotency-Key gives the events of a retry the same ids', async () => {
  await using ingest = await startTestIngest()
  const headers = { 'idempotency-key': 'k-1' }
  const body = `[${eventText({ event_id: undefined })},${eventText({ event_id: undefined })}]`
  for (let attempt = 0; attempt < 2; attempt += 1) await ingest.post(body, { headers })
  const ids = ingest.events().map(({ event_id }) => event_id)
  assert.deepEqual(ids.slice(0, 2), ids.slice(2))
  assert.equal(new Set(ids).size, 2)
  await ingest.post(eventText({ event_id: undefined, properties: { n: 2 } }), { headers })
  const [other] = ingest.events().slice(-1)
  assert.equal(ids.includes(other?.event_id ?? ''), false, 'a key used again overwrites nothing')
})

test("the time of sending comes from the envelope, or from the header 'SentAt'", async () => {
  await using ingest = await startTestIngest()
  await ingest.post(`{"sentAt":"2023-11-05T00:00:00Z","batch":[${eventText()}]}`)
  await ingest.post(eventText(), { headers: { SentAt: '2023-11-06T00:00:00Z' } })
  const times = ingest.events().map(({ sent_at }) => new Date(sent_at ?? 0).toISOString())
  assert.deepEqual(times, ['2023-11-05T00:00:00.000Z', '2023-11-06T00:00:00.000Z'])
})

test('what was accepted is in Kafka as it was sent, whatever JSON it is', async () => {
  await using ingest = await startTestIngest()
  const value = fc.jsonValue({ maxDepth: 3 })
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string({ unit: 'grapheme' }), value), async (properties) => {
      const text = eventText({ properties })
      const { status } = await ingest.post(text)
      if (status === 200)
        assert.equal(ingest.events().at(-1)?.properties, JSON.stringify(properties))
      else assert.match(text, /\d{16}/)
    }),
    { numRuns: 100 },
  )
})

test('received = accepted + rejected + ignored + unacknowledged, whatever happens', async () => {
  await using ingest = await startTestIngest({ limits: { answerTimeoutMs: 50 } })
  const { outcome } = ingest.producer
  const parts = fc.constantFrom(eventText(), BAD_EVENT, '{"type":"page"}', '5', eventText({ a: 1 }))
  const fate = fc.constantFrom('kept', 'away', 'full', 'broken', 'strict')
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { minLength: 1, maxLength: 4 }), fate, async (list, what) => {
      if (what === 'away') ingest.producer.outcome = () => UNAVAILABLE
      else if (what === 'full') ingest.producer.outcome = fullAtOnce
      else if (what === 'broken') ingest.producer.outcome = () => assert.fail('a bug')
      else ingest.producer.outcome = outcome
      await ingest.post(`[${list.join()}]`, {
        path: what === 'strict' ? '/track?strict=1' : '/track',
      })
      await assertConserved(ingest)
    }),
    { numRuns: 60 },
  )
  assert.ok((await countOf(ingest.metrics.accepted)) > 0)
  assert.ok((await countOf(ingest.metrics.unacknowledged)) > 0)
})

const fullAtOnce = () => ({ status: 'unacknowledged', reason: 'backpressure' }) as const

async function assertConserved({ metrics }: TestIngest): Promise<void> {
  const fates = [metrics.accepted, metrics.rejected, metrics.ignored, metrics.unacknowledged]
  const counts = await Promise.all(fates.map((fate) => countOf(fate)))
  const received = await countOf(metrics.received)
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    received,
  )
}

test('a bug is told as 500 without its details, and logged with them', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.outcome = () => assert.fail('the secret of the bug')
  const { status, body } = await ingest.post(eventText())
  assert.deepEqual([status, body.code, body.success], [500, 'internal_error', false])
  assert.doesNotMatch(JSON.stringify(body), /secret|at .*\.ts/)
  assert.match(ingest.logLines.join(), /the secret of the bug/)
})

test('bodies and keys are never logged', async () => {
  await using ingest = await startTestIngest()
  const headers = { 'x-api-key': 'confidential-key' }
  await ingest.post(eventText({ properties: { a: 'confidential' } }), { headers })
  await ingest.post(eventText({ properties: 'confidential' }), { headers })
  await ingest.post('{"confidential', { headers })
  assert.doesNotMatch(ingest.logLines.join(), /confidential/)
})

test('rejected events that cannot be kept are counted, and nothing else suffers', async () => {
  await using ingest = await startTestIngest({ limits: { maxRejectedBytes: 1 } })
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const answers = [1, 2, 3].map(() => ingest.post(BAD_EVENT))
  for (const answer of answers) assert.equal((await answer).status, 400)
  assert.equal(await countOf(ingest.metrics.rejectedDiscarded), 2)
  assert.equal(ingest.logLines.filter((line) => line.includes('discarded')).length, 1)
  ingest.producer.outcome = outcome
  await eventually(() => assert.equal(ingest.rejectedEvents().length, 1))
})
