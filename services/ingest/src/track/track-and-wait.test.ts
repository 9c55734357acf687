import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IngestParts } from '../parts.ts'
import type { Receipt } from '../response/event-result.ts'
import { BAD_EVENT, countOf, eventText, startTestIngest } from '../testing/test-support.ts'

/** Ingest whose watch answers as the test says. */
async function waitingIngest(
  until: IngestParts['queryable']['until'] = async () => ({ isQueryable: true }),
) {
  const asked: (readonly Receipt[])[] = []
  const ingest = await startTestIngest({
    queryable: {
      until: (receipts, withinMs, gone) => {
        asked.push(receipts)
        return until(receipts, withinMs, gone)
      },
    },
  })
  return { ingest, asked }
}

test('only who asks waits, and is told whether the event can be queried', async () => {
  const { ingest, asked } = await waitingIngest()
  await using _ = ingest
  const plain = await ingest.post(eventText())
  assert.equal('queryable' in plain.body, false)
  assert.deepEqual(asked, [])
  for (const path of ['/track?wait=queryable', '/api/track?wait=queryable']) {
    const { status, body } = await ingest.post(eventText(), { path })
    assert.deepEqual([status, body.success, body.queryable], [200, true, true])
    assert.equal('warnings' in body || 'receipt' in body.results[0], false)
  }
  assert.equal(asked.length, 2)
  assert.equal(await countOf(ingest.metrics.accepted), 3)
})

test('the answer but for `queryable` is that of a request that does not wait', async () => {
  const { ingest } = await waitingIngest()
  await using _ = ingest
  const list = `[${eventText()},${eventText({ event_id: 'e-2' })},${BAD_EVENT}]`
  for (const body of [eventText(), eventText({ unknown: 1 }), list]) {
    for (const query of ['', '&results=none', '&receipt=1']) {
      const plain = await ingest.post(body, { path: `/track?a=1${query}` })
      const waited = await ingest.post(body, { path: `/track?wait=queryable${query}` })
      const { queryable, ...rest } = waited.body
      assert.equal(queryable, true)
      assert.equal(waited.status, plain.status)
      assert.deepEqual(shape(rest), shape(plain.body))
    }
  }
})

/** Without what is of each request. */
function shape(body: object): unknown {
  return JSON.parse(
    JSON.stringify(body, (name, value: unknown) =>
      name === 'request_id' || name === 'offset' ? null : value,
    ),
  )
}

test('what ran out, or cannot be known, is accepted all the same, with a warning', async () => {
  const { ingest } = await waitingIngest(async () => ({
    isQueryable: false,
    code: 'not_queryable_yet',
    detail: 'why',
  }))
  await using _ = ingest
  const { status, body } = await ingest.post(eventText(), { path: '/track?wait=queryable' })
  assert.deepEqual([status, body.success, body.accepted, body.queryable], [200, true, 1, false])
  assert.deepEqual(body.warnings, [{ code: 'not_queryable_yet', detail: 'why' }])
})

test('another value of wait costs no event: it is told, and nothing is waited for', async () => {
  const { ingest, asked } = await waitingIngest()
  await using _ = ingest
  for (const value of ['', 'yes', 'Queryable', '%00', 'x'.repeat(200)]) {
    const { status, body } = await ingest.post(eventText(), { path: `/track?wait=${value}` })
    assert.deepEqual([status, body.accepted, body.queryable], [200, 1, false])
    assert.equal(body.warnings[0].code, 'unknown_wait')
    assert.match(body.warnings[0].detail, /^expected wait=queryable, got wait="/)
  }
  assert.deepEqual(asked, [])
})

test('a refused request is refused at once, and paths of SDKs and the dry run do not wait', async () => {
  const { ingest, asked } = await waitingIngest()
  await using _ = ingest
  const refused = await ingest.post(BAD_EVENT, { path: '/track?wait=queryable' })
  assert.deepEqual([refused.status, 'queryable' in refused.body], [400, false])
  ingest.producer.outcome = () => ({ status: 'unacknowledged', reason: 'kafka_unavailable' })
  const away = await ingest.post(eventText(), { path: '/track?wait=queryable' })
  assert.deepEqual([away.status, 'queryable' in away.body], [503, false])
  ingest.producer.outcome = () => ({ status: 'acknowledged', offset: 0 })
  for (const path of ['/v1/track', '/v1/batch', '/v1/validate']) {
    const body = path === '/v1/batch' ? `{"batch":[${eventText()}]}` : eventText()
    const answer = await ingest.post(body, { path: `${path}?wait=queryable` })
    assert.deepEqual([answer.status, 'queryable' in answer.body], [200, false], path)
  }
  assert.deepEqual(asked, [])
})

test('who waits holds none of the bytes in flight, and is given no more than the time that is left', async () => {
  const held: number[] = []
  const left: number[] = []
  const { ingest } = await waitingIngest(async (_, withinMs) => {
    held.push(ingest.budget.usedBytes)
    left.push(withinMs)
    return { isQueryable: true }
  })
  await using _ = ingest
  const { body } = await ingest.post(eventText(), { path: '/track?wait=queryable' })
  assert.equal(body.queryable, true)
  assert.deepEqual(held, [0])
  assert.ok((left[0] ?? 0) > 6_000 && (left[0] ?? 0) <= 7_200, `${left[0]} ms`)
})
