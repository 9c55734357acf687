import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createEventCodec } from '@custom-events/codec'
import { NO_PLAN_SET } from '@custom-events/event'
import fc from 'fast-check'
import { eventually } from '../../../../test/support/eventually.ts'
import { encode, encodeInSlices } from '../track/encode.ts'
import { readEnvelope, readLongEnvelope } from '../request/envelope.ts'
import type { Envelope } from '../request/envelope-parts.ts'
import { createJudge } from '../track/judge.ts'
import { body } from '../testing/fuzz/bodies.fixture.ts'
import type { Sent } from '../testing/fuzz/both-ways.fixture.ts'
import { raw } from '../testing/raw.ts'
import { Refusal } from '../response/refusal.ts'
import { ingestSettings } from '../settings.ts'
import type { Reservation } from './budget.ts'
import { Slices } from './slices.ts'
import {
  eventText,
  startTestIngest,
  TOPICS,
  type PostOptions,
  type TestIngest,
} from '../testing/test-support.ts'
import { ANYBODY } from '../auth/write-keys.ts'

const settings = ingestSettings(TOPICS, 12)
const encoding = {
  codec: createEventCodec(),
  schemas: { trackedId: 7 },
  settings,
  plans: { current: NO_PLAN_SET },
  sealer: { seal: () => null },
}
const judge = createJudge({
  rules: settings.rules,
  plans: { current: NO_PLAN_SET },
  eventIds: () => () => 'made',
  hasFastPath: true,
})
const receivedAt = Date.UTC(2026, 0, 31)

/** Yields whenever it can, to one who reads another body. */
class SlicesToOthers extends Slices {
  readonly #others: () => void
  pauses = 0

  constructor(others: () => void) {
    super()
    this.#others = others
  }

  override get isOver(): boolean {
    return true
  }

  override yieldToOthers(): Promise<void> {
    this.pauses += 1
    this.#others()
    return Promise.resolve()
  }
}

/** What becomes of a body: its records' bytes and the verdicts, or why it is refused. */
async function outcome(sent: Sent, slices: Slices | null) {
  const type = sent.headers['content-type']
  try {
    const envelope =
      slices === null
        ? readEnvelope(sent.bytes, type, settings.limits)
        : await readLongEnvelope(sent.bytes, type, settings.limits, slices)
    return await judgedAndEncoded(envelope, sent, slices)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { code: error.code, message: error.message }
  }
}

async function judgedAndEncoded(envelope: Envelope, { headers }: Sent, slices: Slices | null) {
  const slot = slices === null ? null : { slices, end: () => {} }
  const call = {
    requestId: 'r',
    key: ANYBODY,
    audience: 'sdk' as const,
    receivedAt,
    isStrict: false,
    headers,
    envelope,
  }
  const judged = await judge({ ...call, slot })
  const records =
    slices === null ? encode(encoding, judged) : await encodeInSlices(encoding, judged, slices)
  return {
    records: records.map(({ partition, key, value }) => [partition, String(key), String(value)]),
    verdicts: judged.map(({ input, verdict: { status } }) => [input.pointer, input.text, status]),
    beside: [envelope.sentAt, envelope.key, envelope.context],
  }
}

test('a body that yields to others ends as if it were alone', async () => {
  const neighbours: Sent[] = []
  const readNeighbour = (): void => {
    const neighbour = neighbours[Math.floor(neighbours.length / 2)]
    if (neighbour === undefined) return
    try {
      readEnvelope(neighbour.bytes, neighbour.headers['content-type'], settings.limits)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
  let pauses = 0
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 4 }), async (bodies) => {
      neighbours.splice(0, neighbours.length, ...bodies)
      for (const sent of bodies) {
        const slices = new SlicesToOthers(readNeighbour)
        assert.deepEqual(await outcome(sent, slices), await outcome(sent, null))
        pauses += slices.pauses
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(pauses > 0)
})

test('the longest lists yield every few events, in each of their forms', async () => {
  const events = Array.from({ length: 2_500 }, (_, index) => eventText({ event_id: `e-${index}` }))
  const usual = `{"batch":[${events.join()}]}`
  const forms: Record<string, Sent> = {
    usual: { bytes: Buffer.from(usual), headers: {} },
    array: { bytes: Buffer.from(`[${events.join()}]`), headers: {} },
    'unusual events': {
      bytes: Buffer.from(usual.replaceAll('"event":', '"eve\\u006et":')),
      headers: {},
    },
    lines: {
      bytes: Buffer.from(events.join('\n')),
      headers: { 'content-type': 'application/x-ndjson' },
    },
  }
  for (const [form, sent] of Object.entries(forms)) {
    const neighbour = Buffer.from(`[${events.slice(0, 30).join()}]`)
    const slices = new SlicesToOthers(() => readEnvelope(neighbour, undefined, settings.limits))
    const seen = await outcome(sent, slices)
    assert.ok(slices.pauses > (3 * 2_500) / 8 - 10, `${form}: ${slices.pauses} pauses`)
    assert.deepEqual(seen, await outcome(sent, null), form)
  }
})

const LONG = `[${Array.from({ length: 1_000 }, (_, index) => eventText({ event_id: `long-${index}`, properties: { note: 'x'.repeat(100) } })).join()}]`

test('long bodies are judged one after another, and short ones beside them', async () => {
  await using ingest = await startTestIngest()
  const other = ingest.budget.open()
  await other.takeSlot(1)
  const long = ingest.post(LONG)
  await eventually(() => assert.ok(ingest.budget.usedBytes >= LONG.length))
  assert.equal((await ingest.post(eventText({ event_id: 'short' }))).status, 200)
  assert.deepEqual(
    ingest.events().map(({ event_id: id }) => id),
    ['short'],
  )
  other.release()
  assert.equal((await long).body.accepted, 1_000)
  assert.equal((await ingest.post(LONG)).status, 200, 'the slot was given back')
})

test('a slot is given back by what is refused, and while Kafka takes its time', async () => {
  await using ingest = await startTestIngest()
  for (const wrong of [`${LONG},`, LONG.replaceAll('"event":', '"evnt":')]) {
    assert.equal((await ingest.post(wrong)).status, 400)
  }
  const acknowledge = ingest.producer.outcome
  ingest.producer.outcome = null
  const answers = [ingest.post(LONG), ingest.post(LONG)]
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 2))
  ingest.producer.outcome = acknowledge
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
})

test('a long body waits as it was sent, and is inflated when it has the slot', async () => {
  await using ingest = await startTestIngest()
  const other = ingest.budget.open()
  await other.takeSlot(1)
  const sent = gzipSync(LONG)
  const long = ingest.post(sent, GZIP)
  await eventually(() => assert.ok(ingest.budget.usedBytes >= sent.length))
  assert.ok(ingest.budget.usedBytes < LONG.length / 2)
  other.release()
  assert.equal((await long).body.accepted, 1_000)
  assert.equal(ingest.budget.usedBytes, 0)
})

test('where too many long bodies wait, the next is refused at once, however it is sent', async () => {
  const table: Readonly<Record<string, readonly [string | Buffer, PostOptions]>> = {
    plain: [LONG, {}],
    gzip: [gzipSync(LONG), GZIP],
    'an encoding that does not say how long it is': [
      brotliCompressSync(LONG),
      { headers: { 'Content-Encoding': 'br' } },
    ],
  }
  await using ingest = await startTestIngest()
  const running = await becomeCrowded(ingest)
  const waiting = ingest.post(LONG)
  await eventually(() => assert.equal(ingest.budget.isLongBodyQueueFull, true))
  for (const [name, [sent, options]] of Object.entries(table)) {
    const answer = await ingest.post(sent, options)
    assert.deepEqual([answer.status, answer.body.code], [503, 'overloaded'], name)
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/, name)
  }
  const head = `POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: ${LONG.length}\r\n`
  assert.match(
    await raw(ingest.port, `${head}\r\n[`, { end: true }),
    /^HTTP\/1\.1 503 /,
    'before it is sent',
  )
  const asking = `${head}Expect: 100-continue\r\n\r\n`
  assert.match(
    await raw(ingest.port, asking, { end: true }),
    /^HTTP\/1\.1 503 /,
    'and not asked for',
  )
  const sdk = await ingest.post(LONG, { path: '/v1/batch' })
  assert.deepEqual([sdk.status, sdk.body.code], [429, 'backpressure'])
  assert.equal((await ingest.post(eventText({ event_id: 'short' }))).status, 200)
  assert.equal(await refusedCount(ingest, 'long_bodies'), 6)
  assert.equal(ingest.events().length, 1, 'nothing of what was refused')
  running.release()
  assert.equal((await waiting).status, 200, 'what waited has the slot')
  assert.equal((await ingest.post(LONG)).status, 200)
  assert.equal(ingest.budget.usedBytes, 0)
})

test('newcomers are let in between long bodies that are refused only when they have been parsed', async () => {
  await using ingest = await startTestIngest()
  const values = `{"batch":[${'{},'.repeat(300_000)}{}]}`
  let parsed = 0
  const long = Array.from({ length: 20 }, async () => {
    const { status } = await ingest.post(values)
    parsed += 1
    return status
  })
  await eventually(() => assert.ok(parsed > 0))
  const head = 'POST /track HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  const short = Array.from({ length: 20 }, (_, index) => {
    const text = eventText({ event_id: `short-${index}` })
    return raw(ingest.port, `${head}Content-Length: ${text.length}\r\n\r\n${text}`)
  })
  for (const answer of await Promise.all(short)) assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.ok(parsed < 10, `${parsed} long bodies were parsed meanwhile`)
  for (const status of await Promise.all(long)) assert.ok([413, 503].includes(status), `${status}`)
})

test('long bodies leave half of the buffer for Kafka to all others, however they are sent', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.isHalfFull = true
  for (const [sent, options] of [
    [LONG, {}],
    [gzipSync(LONG), GZIP],
  ] as const) {
    const answer = await ingest.post(sent, options)
    assert.deepEqual([answer.status, answer.body.code], [503, 'overloaded'])
  }
  assert.equal(await refusedCount(ingest, 'producer_buffer'), 2)
  assert.equal((await ingest.post(eventText({ event_id: 'short' }))).status, 200)
  assert.equal((await ingest.post(LONG, { path: '/v1/validate' })).status, 200, 'needs no Kafka')
  ingest.producer.isHalfFull = false
  const other = ingest.budget.open()
  await other.takeSlot(1)
  const waiting = ingest.post(LONG)
  await eventually(() => assert.ok(ingest.budget.usedBytes >= LONG.length))
  ingest.producer.isHalfFull = true
  other.release()
  assert.equal((await waiting).status, 503, 'what came before it filled the half')
  ingest.producer.isHalfFull = false
  assert.equal((await ingest.post(LONG)).status, 200, 'the slot was given back')
  assert.equal(ingest.budget.usedBytes, 0)
})

test('a long body has the slot although others are inflated to find out how long they are', async () => {
  await using ingest = await startTestIngest()
  const gate = Promise.withResolvers<void>()
  const others = ingest.budget.open()
  const inflating = Array.from({ length: 4 }, () => others.withSemaphore(() => gate.promise))
  const answer = await ingest.post(gzipSync(LONG), GZIP)
  assert.equal(answer.body.accepted, 1_000)
  gate.resolve()
  await Promise.all(inflating)
})

test('a slot is given back when what was sent cannot be inflated, and by who says late how long it is', async () => {
  await using ingest = await startTestIngest()
  const cut = Buffer.concat([gzipSync(LONG).subarray(0, -30), gzipSync(LONG).subarray(-4)])
  const members = Buffer.concat([gzipSync(LONG.slice(0, -1)), gzipSync(']')])
  const brotli = brotliCompressSync(LONG)
  const statuses: number[] = []
  for (const sent of [cut, members, cut, brotli, members]) {
    const coding = sent === brotli ? 'br' : 'gzip'
    const { status } = await ingest.post(sent, { headers: { 'Content-Encoding': coding } })
    statuses.push(status)
  }
  assert.deepEqual(statuses, [400, 200, 400, 200, 200])
  assert.equal(ingest.budget.usedBytes, 0)
})

const GZIP: PostOptions = { headers: { 'Content-Encoding': 'gzip' } }

/** After a slot that was held for very long, another that is held: whatever waits now would wait too long. */
async function becomeCrowded({ budget }: TestIngest): Promise<Reservation> {
  const [slow, running] = [budget.open(), budget.open()]
  const endSlow = await slow.takeSlot(1)
  const next = running.takeSlot(1)
  const since = performance.now()
  while (performance.now() - since < 5);
  endSlow?.(1)
  await next
  return running
}

async function refusedCount({ metrics }: TestIngest, reason: string): Promise<number> {
  const { values } = await metrics.refusedForLoad.get()
  return values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0
}
