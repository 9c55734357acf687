import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createAnswerCheck } from '../testing/openapi-test-support.ts'
import { BAD_EVENT, countOf, eventText, startTestIngest } from '../testing/test-support.ts'
import { createKeyFinder, parseWriteKeys } from '../auth/write-keys.ts'

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
const written = parseWriteKeys(
  JSON.stringify({
    keys: [
      { name: 'web', sha256: hashOf('k1') },
      { name: 'web', sha256: hashOf('k2') },
      {
        name: 'big',
        sha256: hashOf('k3'),
        rate_limit: { events_per_second: 100, burst_events: 1_000 },
      },
    ],
  }),
)
const keys = { isOff: false, find: createKeyFinder(written) }
const TEN = { eventsPerSecond: 1, burstEvents: 10 }

/** A list of so many events of one account. */
const eventsOf = (account: string, count: number) =>
  `[${Array.from({ length: count }, (_, n) => eventText({ event_id: `e-${n}`, group_id: account })).join()}]`

test('a key sends its burst and then its rate, whatever the other keys do', async () => {
  let now = 0
  await using ingest = await startTestIngest({
    keys,
    rateLimits: { key: TEN, account: null },
    clock: () => now,
    random: () => 0,
  })
  const check = createAnswerCheck()
  const send = async (key: string, count: number, path = '/track') => {
    const headers = { 'x-api-key': key }
    const answer = await ingest.post(eventsOf('a', count), { path, headers })
    check(answer, { path, method: 'POST' })
    return answer
  }
  const first = await send('k1', 8)
  assert.equal(first.status, 200)
  assert.equal(first.headers.get('ratelimit-policy'), '"key";q=10;w=10')
  assert.equal(first.headers.get('ratelimit'), '"key";r=2;t=8')
  const refused = await send('k1', 3)
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.received, refused.body.retry],
    [429, 'rate_limited', 3, 3],
  )
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal(refused.headers.get('ratelimit'), '"key";r=2;t=8')
  assert.equal((await send('k1', 2)).status, 200, 'what was refused was not counted')
  const sdk = await send('k1', 1, '/v1/batch')
  assert.deepEqual([sdk.status, sdk.body.code], [429, 'rate_limited'], 'of all paths together')
  assert.equal((await send('k2', 10)).status, 200, 'another key, although of the same name')
  assert.equal((await send('k3', 900)).status, 200, 'a key with a limit of its own')
  now += 1_000
  assert.equal((await send('k1', 1)).status, 200)
  assert.equal(ingest.events().length, 8 + 2 + 10 + 900 + 1)
  assert.equal(await countOf(ingest.metrics.rateLimited), 2)
})

test('an account has its limit over all keys, and one refused account refuses the request', async () => {
  let now = 0
  const rateLimits = { key: null, account: TEN }
  await using ingest = await startTestIngest({
    keys,
    rateLimits,
    clock: () => now,
    random: () => 1,
  })
  const send = (key: string, body: string) => ingest.post(body, { headers: { 'x-api-key': key } })
  assert.equal((await send('k1', eventsOf('a', 10))).status, 200)
  const refused = await send('k2', eventsOf('a', 5))
  assert.equal(refused.body.code, 'rate_limited')
  assert.equal(refused.headers.get('retry-after'), '7', '5 s, and 30 % of jitter on top')
  const mixed = `[${eventText({ group_id: 'a' })},${eventText({ group_id: 'b' })},${BAD_EVENT}]`
  const { body } = await send('k1', mixed)
  assert.deepEqual([body.code, body.retry, body.rejected, body.accepted], ['rate_limited', 2, 1, 0])
  assert.equal(ingest.events().length, 10, 'nothing of a refused request is produced')
  assert.equal(ingest.rejectedEvents().length, 0, 'the rejected event comes again with the others')
  assert.equal((await send('k1', eventsOf('b', 10))).status, 200, 'nor counted for the others')
  now += 1_000
  assert.equal((await send('k1', eventsOf('a', 1))).status, 200)
})

test('a request larger than the burst is taken when the bucket is full, and is paid for later', async () => {
  let now = 0
  const rateLimits = { key: TEN, account: null }
  await using ingest = await startTestIngest({ rateLimits, clock: () => now, random: () => 0 })
  assert.equal((await ingest.post(eventsOf('a', 50))).status, 200)
  const next = await ingest.post(eventText())
  assert.deepEqual([next.status, next.headers.get('retry-after')], [429, '41'])
  now += 41_000
  assert.equal((await ingest.post(eventText())).status, 200)
})

test('a key pays for what is rejected, ignored or only tried as for what is accepted', async () => {
  const rateLimits = { key: { eventsPerSecond: 1, burstEvents: 2 }, account: null }
  const check = createAnswerCheck()
  for (const [path, body, status] of [
    ['/track', BAD_EVENT, 400],
    ['/v1/t', '{"type":"page"}', 200],
    ['/v1/page', '{"type":"page"}', 200],
    ['/v1/validate', eventText(), 200],
    ['/v1/validate', BAD_EVENT, 400],
  ] as const) {
    await using ingest = await startTestIngest({ rateLimits, clock: () => 0, random: () => 0 })
    const told = [`${path} ${body}`, status]
    for (let n = 0; n < 2; n += 1) {
      const answer = await ingest.post(body, { path })
      assert.deepEqual([`${path} ${body}`, answer.status], told)
      if (status === 200)
        assert.equal(answer.headers.get('ratelimit'), `"key";r=${1 - n};t=${n + 1}`)
    }
    const refused = await ingest.post(body, { path })
    check(refused, { path, method: 'POST' })
    assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'], path)
    assert.equal(refused.headers.get('retry-after'), '1', path)
    assert.equal(await countOf(ingest.metrics.rateLimited), 1, path)
  }
})

test('an account pays for what is accepted, not for what is only tried', async () => {
  const rateLimits = { key: null, account: { eventsPerSecond: 1, burstEvents: 1 } }
  await using ingest = await startTestIngest({ rateLimits, clock: () => 0 })
  for (let n = 0; n < 3; n += 1) {
    assert.equal((await ingest.post(eventText(), { path: '/v1/validate' })).status, 200)
    assert.equal((await ingest.post('{"type":"page"}', { path: '/v1/t' })).status, 200)
  }
  assert.equal((await ingest.post(eventText())).status, 200)
  assert.equal((await ingest.post(eventText())).body.code, 'rate_limited')
})

test('every event of a limited request meets one fate in the metrics', async () => {
  const rateLimits = { key: TEN, account: null }
  await using ingest = await startTestIngest({ rateLimits, clock: () => 0 })
  for (const body of [eventsOf('a', 9), eventsOf('a', 5), `[${eventText()},${BAD_EVENT}]`]) {
    await ingest.post(body)
  }
  const { metrics } = ingest
  const fates = await Promise.all(
    [metrics.accepted, metrics.rejected, metrics.ignored, metrics.unacknowledged].map(countOf),
  )
  assert.deepEqual(fates, [9, 1, 0, 6])
  assert.equal(await countOf(metrics.received), 16)
})

test('without limits no answer speaks of them', async () => {
  await using ingest = await startTestIngest()
  const { headers } = await ingest.post(eventText())
  assert.equal(headers.has('ratelimit'), false)
})

test('a key whose limit is raised need not wait until its debt of before is paid', async () => {
  const finderOf = (eventsPerSecond: number) => {
    const rateLimit = { events_per_second: eventsPerSecond, burst_events: 10 * eventsPerSecond }
    const entry = { name: 'web', sha256: hashOf('k1'), rate_limit: rateLimit }
    return createKeyFinder(parseWriteKeys(JSON.stringify({ keys: [entry] })))
  }
  let find = finderOf(1)
  await using ingest = await startTestIngest({
    keys: { isOff: false, find: (key) => find(key) },
    clock: () => 0,
  })
  const send = async (count: number) =>
    (await ingest.post(eventsOf('a', count), { headers: { 'x-api-key': 'k1' } })).status
  assert.equal(await send(1_000), 200, 'a full bucket goes into debt')
  assert.equal(await send(1), 429)
  find = finderOf(100)
  assert.deepEqual([await send(1_000), await send(1)], [200, 429])
})
