import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { test } from 'node:test'
import type { IngestParts } from '../parts.ts'
import type { Receipt } from '../response/event-result.ts'
import type { Queryable } from '../response/queryable.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { BAD_EVENT, countOf, eventText, startTestIngest } from '../testing/test-support.ts'

const TIMEOUT = { timeout: 10_000 }

/** Ingest whose watch answers as the test says. */
async function waitingIngest(
  until: IngestParts['queryable']['until'] = async () => ({ isQueryable: true }),
) {
  const asked: (readonly Receipt[])[] = []
  const ingest = await startTestIngest({
    queryable: {
      until: (wait, gone) => {
        asked.push(wait.receipts)
        return until(wait, gone)
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
  const { ingest } = await waitingIngest(async ({ withinMs }) => {
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

test('who has left while Kafka was asked is known to be gone before anything is waited for', async () => {
  const wereGone: boolean[] = []
  const { ingest } = await waitingIngest(async (_, gone) => {
    wereGone.push(gone.aborted)
    return { isQueryable: true }
  })
  await using _ = ingest
  ingest.producer.outcome = null
  const socket = connect(ingest.port, '127.0.0.1')
  const body = eventText()
  const head = `POST /track?wait=queryable HTTP/1.1\r\nHost: i\r\nContent-Length: ${Buffer.byteLength(body)}`
  socket.write(`${head}\r\n\r\n${body}`)
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  socket.resetAndDestroy()
  await eventually(async () => assert.equal(await countOf(ingest.metrics.requests), 1))
  ingest.producer.outcome = () => ({ status: 'acknowledged', offset: 0 })
  await eventually(() => assert.deepEqual(wereGone, [true]))
})

test(
  'who ends the connection keeps no place: the wait is over, and the answer is sent',
  TIMEOUT,
  async () => {
    const hasLeft: Queryable = { isQueryable: false, code: 'not_queryable_yet', detail: 'left' }
    const { ingest, asked } = await waitingIngest(async (_, gone) => {
      if (!gone.aborted) await once(gone, 'abort')
      return hasLeft
    })
    await using _ = ingest
    const body = eventText()
    const request = `POST /track?wait=queryable HTTP/1.1\r\nHost: i\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    for (const endsAt of ['at once', 'while it waits']) {
      const socket = connect({ port: ingest.port, host: '127.0.0.1', allowHalfOpen: true })
      socket.write(request)
      const before = asked.length
      if (endsAt === 'while it waits')
        await eventually(() => assert.equal(asked.length, before + 1))
      socket.end()
      assert.match(await textOf(socket), /"accepted":1.*"queryable":false/, endsAt)
    }
  },
)

test('the time that is waited is no time that an answer took', async () => {
  const WAIT_MS = 300
  const { ingest } = await waitingIngest(async () => {
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    return { isQueryable: true }
  })
  await using _ = ingest
  await ingest.post(eventText(), { path: '/track?wait=queryable' })
  await eventually(async () => {
    const { text } = await ingest.metrics.expose()
    const [, sum] = /request_duration_seconds_sum (\S+)/.exec(text) ?? []
    const [, count] = /request_duration_seconds_count (\S+)/.exec(text) ?? []
    assert.equal(Number(count), 1)
    assert.ok(Number(sum) < WAIT_MS / 1_000, `${sum} s`)
  })
})

test('of an event whose place cannot be told it is said that nobody knows', async () => {
  const { ingest, asked } = await waitingIngest()
  await using _ = ingest
  ingest.producer.outcome = () => UNREADABLE
  const { status, body } = await ingest.post(eventText(), { path: '/track?wait=queryable' })
  assert.deepEqual([status, body.accepted, body.queryable], [200, 1, false])
  assert.equal(body.warnings[0].code, 'queryable_unknown')
  assert.deepEqual(asked, [])
})

/** An acknowledgement that is a bug when it is summed up. */
const UNREADABLE = {
  status: 'acknowledged' as const,
  get offset(): number {
    throw new Error('a bug')
  },
}
