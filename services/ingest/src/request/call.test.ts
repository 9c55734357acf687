import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createBudget } from '../admission/budget.ts'
import { createUnusualLoad } from '../admission/garbage.ts'
import { createKeyFinder, parseWriteKeys } from '../auth/write-keys.ts'
import type { Keys } from '../auth/key-file.ts'
import type { BodySink, IngestRequest, IngestResponse } from '../http/messages.ts'
import { INGEST_LIMITS } from '../limits.ts'
import { ClientGone, Refusal } from '../response/refusal.ts'
import { createLifecycle } from '../server/lifecycle.ts'
import { eventText } from '../testing/test-support.ts'
import { openEndpoint, takeCall, type Endpoint } from './call.ts'
import type { Call } from './read-call.ts'

const sha256 = createHash('sha256').update('good').digest('hex')
const find = createKeyFinder(parseWriteKeys(JSON.stringify({ keys: [{ name: 'shop', sha256 }] })))
const KEYS: Keys = { isOff: false, find }
const WITH_KEY = { authorization: 'Bearer good' }
const LIST = `[${Array.from({ length: 3 }, (_, at) => eventText({ event_id: `e-${at}` })).join()}]`

/** Everything a request is taken with, of which a test plays a part. */
function open({
  audience = 'own',
  needsKafka = true,
}: Partial<Pick<Endpoint, 'audience' | 'needsKafka'>> = {}) {
  const lifecycle = createLifecycle()
  const producer = { notReadyReason: null as string | null, isFull: false, isHalfFull: false }
  const schemas = { notReadyReason: null as string | null }
  const budget = createBudget(INGEST_LIMITS.maxInFlightBytes)
  const settings = { limits: INGEST_LIMITS }
  const unusual = createUnusualLoad()
  const parts = { lifecycle, producer, schemas, budget, unusual, keys: KEYS, settings }
  const endpoint = openEndpoint(parts, { audience, needsKafka })
  return { parts, endpoint, lifecycle, producer, schemas, budget }
}

/** A request whose body comes as soon as somebody reads it. */
function requestOf(body: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
  const bytes = Buffer.from(body)
  const read = { isRead: false, isGone: false }
  const giveBodyTo = (sink: BodySink | null): void => {
    if (sink === null) return
    read.isRead = true
    queueMicrotask(() => {
      if (read.isGone) return sink.onGone()
      if (bytes.length > 0) sink.onChunk(bytes)
      sink.onEnd()
    })
  }
  const request = {
    url: '/track',
    headers: { 'content-length': String(bytes.length), ...headers },
    rawHeaders: [],
    giveBodyTo,
    pause: () => {},
  } as unknown as IngestRequest // what a call is taken from
  return Object.assign(read, { request, response: { requestId: 'r-1' } as IngestResponse })
}

type Opened = ReturnType<typeof open>
type Sent = ReturnType<typeof requestOf>

/** @throws {Refusal} at once for what is refused by its head. */
function take(
  { parts, endpoint }: Opened,
  { request, response }: Sent,
  work: (call: Call) => Promise<void> = async () => {},
) {
  return takeCall(parts, endpoint, request, response, work)
}

const refusedAs = (code: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code

test('a request that is taken has its key, its events and its bytes, which are given back when the work is over', async () => {
  const opened = open()
  let held = 0
  await take(opened, requestOf(LIST, WITH_KEY), async ({ key, envelope, requestId }) => {
    assert.deepEqual([key.name, envelope.events.length, requestId], ['shop', 3, 'r-1'])
    held = opened.budget.usedBytes
  })
  assert.ok(held > LIST.length)
  assert.equal(opened.budget.usedBytes, 0)

  const failing = take(opened, requestOf(LIST, WITH_KEY), async () => {
    throw new Error('of the work')
  })
  await assert.rejects(failing, /of the work/)
  assert.equal(opened.budget.usedBytes, 0)
})

for (const [reason, code, spoil] of [
  ['it is draining', 'draining', ({ lifecycle }) => lifecycle.drain()],
  ['Kafka is away', 'kafka_unavailable', ({ producer }) => (producer.notReadyReason = 'away')],
  ['the registry is away', 'kafka_unavailable', ({ schemas }) => (schemas.notReadyReason = 'away')],
  ['the producer is full', 'overloaded', ({ producer }) => (producer.isFull = true)],
  [
    'the budget is used up',
    'overloaded',
    ({ budget }) => budget.open().take(INGEST_LIMITS.maxInFlightBytes),
  ],
] as const satisfies readonly (readonly [string, string, (opened: Opened) => unknown])[]) {
  test(`when ${reason}, a request is refused by its head: its body is not read`, () => {
    const opened = open()
    spoil(opened)
    const sent = requestOf(LIST, WITH_KEY)
    assert.throws(() => take(opened, sent), refusedAs(code))
    assert.ok(!sent.isRead)
  })
}

test('a dry run needs no Kafka', async () => {
  const opened = open({ needsKafka: false })
  opened.producer.notReadyReason = 'away'
  await take(opened, requestOf(LIST, WITH_KEY))
})

test('without a good key in its head a request to our paths is refused unread', () => {
  for (const headers of [{}, { authorization: 'Bearer bad' }]) {
    const sent = requestOf(LIST, headers)
    assert.throws(
      () => take(open(), sent),
      (error) => error instanceof Refusal,
    )
    assert.ok(!sent.isRead)
  }
})

test('an SDK may have its key in the body, as it was sent or compressed; one that is unknown is refused', async () => {
  const bodyWith = (key: string) => `{"batch":${LIST},"writeKey":"${key}"}`
  for (const [body, headers] of [
    [bodyWith('good'), {}],
    [`{"writeKey":null,"api_key":"good","batch":[{}]}`, {}], // null is absent, on both paths
    [gzipSync(bodyWith('good')), { 'content-encoding': 'gzip' }],
  ] as const) {
    let name = ''
    await take(open({ audience: 'sdk' }), requestOf(body, headers), async ({ key }) => {
      name = key.name
    })
    assert.equal(name, 'shop')
  }
  const opened = open({ audience: 'sdk' })
  await assert.rejects(take(opened, requestOf(bodyWith('bad'))), refusedAs('invalid_api_key'))
  assert.equal(opened.budget.usedBytes, 0)
  const brotli = requestOf(bodyWith('good'), { 'content-encoding': 'br' })
  assert.throws(() => take(opened, brotli), refusedAs('unsupported_encoding'))
})

test('what announces more than a body may have is refused unread; without a key of its own, above 1 MiB', () => {
  const announcing = (bytes: number, headers = {}) =>
    requestOf(LIST, { ...headers, 'content-length': String(bytes) })
  const large = announcing(INGEST_LIMITS.maxBodyBytes + 1, WITH_KEY)
  assert.throws(() => take(open(), large), refusedAs('body_too_large'))
  const ofStranger = announcing(1_024 ** 2 + 1)
  assert.throws(() => take(open({ audience: 'sdk' }), ofStranger), refusedAs('body_too_large'))
  assert.ok(!large.isRead && !ofStranger.isRead)
})

const LONG = `[${Array.from({ length: 1_200 }, (_, at) => eventText({ event_id: `e-${at}` })).join()}]`
/** What is told of each is longer than it is. */
const MANY = `[${'{},'.repeat(500)}{}]`

for (const [what, long] of [
  ['a long body', LONG],
  ['a short body of many events', MANY],
] as const) {
  test(`${what} has the one slot until its work is over, and the next one waits for it`, async () => {
    const opened = open()
    const order: string[] = []
    const first = Promise.withResolvers<undefined>()
    const one = take(opened, requestOf(long, WITH_KEY), async ({ slot }) => {
      assert.ok(slot)
      order.push('first begins')
      await first.promise
      order.push('first ends')
    })
    const other = take(
      opened,
      requestOf(gzipSync(long), { ...WITH_KEY, 'content-encoding': 'gzip' }),
      async () => {
        order.push('second begins')
      },
    )
    await take(opened, requestOf(LIST, WITH_KEY), async ({ slot }) => {
      assert.equal(slot, null)
      order.push('a short one is done')
      first.resolve(undefined)
    })
    await Promise.all([one, other])
    assert.deepEqual(
      order.filter((step) => step !== 'a short one is done'),
      ['first begins', 'first ends', 'second begins'],
    )
    assert.equal(opened.budget.usedBytes, 0)
    assert.ok(opened.parts.unusual.longBytes > 2 * 128 * 1_024)
  })
}

test('a client that goes away while its body is read ends the wait, and leaves no bytes held', async () => {
  const opened = open()
  const sent = requestOf(LIST, WITH_KEY)
  const taking = take(opened, sent)
  sent.isGone = true
  await assert.rejects(taking, ClientGone)
  assert.equal(opened.budget.usedBytes, 0)
})
