import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import type { LoopLook } from './loop-look.ts'
import { raw } from '../testing/raw.ts'
import { countOf, eventText, startTestIngest } from '../testing/test-support.ts'

/** A loop that is in the middle of one endless turn: what comes after the first requests is too much. */
function createJam(): { readonly look: () => LoopLook; isOver: boolean } {
  let looks = 0
  const jam = {
    isOver: false,
    look: () => {
      looks += 1
      if (jam.isOver) return { turn: looks, nowMs: 9_000_000 + looks * 1_000, idleMs: looks * 900 }
      return { turn: 0, nowMs: looks <= 16 ? 0 : 60_000, idleMs: 0 }
    },
  }
  return jam
}

async function startJammed() {
  const jam = createJam()
  const ingest = await startTestIngest({ look: jam.look, random: () => 0.5 })
  for (let n = 0; n < 16; n++) assert.equal((await ingest.post(eventText())).status, 200)
  return { ingest, jam }
}

test('in congestion a request is refused in the words of its audience, unread', async () => {
  const { ingest } = await startJammed()
  await using _ = ingest
  const before = await countOf(ingest.metrics.received)
  const own = await ingest.post(eventText(), { headers: { 'X-Request-Id': 'mine-1' } })
  assert.equal(own.status, 503)
  assert.equal(own.body.code, 'overloaded')
  assert.equal(own.body.error, 'overloaded')
  assert.equal(own.body.success, false)
  assert.equal(own.body.request_id, 'mine-1')
  assert.equal(own.body.instance, 'urn:custom-events:request:mine-1')
  assert.equal(own.headers.get('x-request-id'), 'mine-1')
  assert.equal(own.headers.get('content-type'), 'application/problem+json')
  assert.equal(own.headers.get('retry-after'), '2')
  for (const path of ['/v1/batch', '/v1/t?x=1', '/v1/identify']) {
    const sdk = await ingest.post(eventText(), { path, headers: { Origin: 'https://app.example' } })
    assert.equal(sdk.status, 429, path)
    assert.equal(sdk.body.code, 'backpressure')
    assert.equal(sdk.headers.get('access-control-allow-origin'), 'https://app.example')
    assert.match(sdk.headers.get('access-control-expose-headers') ?? '', /Retry-After/)
  }
  assert.equal(await countOf(ingest.metrics.received), before)
  const { values } = await ingest.metrics.refusedForLoad.get()
  assert.equal(values.find(({ labels }) => labels['reason'] === 'event_loop')?.value, 4)
})

test('who asks before sending a body is refused without being asked for it', async () => {
  const { ingest } = await startJammed()
  await using _ = ingest
  const head =
    'POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n'
  assert.match(await raw(ingest.port, head), /^HTTP\/1\.1 503 /)
})

test('what costs little, or must be told otherwise, is never refused early', async () => {
  const { ingest } = await startJammed()
  await using _ = ingest
  const page = await ingest.post('', { path: '/schemas/event.json', method: 'GET' })
  assert.equal(page.status, 200)
  assert.equal((await ingest.post(eventText(), { path: '/nowhere' })).status, 404)
  const preflight = await ingest.post('', { method: 'OPTIONS' })
  assert.equal(preflight.status, 204)
})

test('a refused request leaves its connection usable; one that still sends much does not', async () => {
  const { ingest, jam } = await startJammed()
  await using _ = ingest
  const body = eventText()
  const request = `POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n`
  const both = await raw(
    ingest.port,
    `${request}\r\n${body}${request}Connection: close\r\n\r\n${body}`,
  )
  assert.equal(both.match(/HTTP\/1\.1 503 /g)?.length, 2)
  const large = await raw(
    ingest.port,
    'POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{"a"',
  )
  assert.match(large, /^HTTP\/1\.1 503 [^]*Connection: close\r\n/)
  jam.isOver = true
  assert.equal((await ingest.post(eventText())).status, 200)
})

test('a real flood is refused quickly, what is taken is kept, and afterwards all is taken', async () => {
  await using ingest = await startTestIngest()
  const flood = await runFlood(ingest.port)
  const { taken, refused, refusedMedianMs } = flood
  assert.ok(refused >= FLOOD.refusals, `${refused} refused: ${JSON.stringify(flood)}`)
  assert.ok(taken > 0, 'nothing was taken')
  // The machine may be busy: measured by the turn in which the flood was noticed, not by a clock.
  const { slowestTakenMs } = flood
  assert.ok(refusedMedianMs < slowestTakenMs / 2, `${refusedMedianMs} ms, ${slowestTakenMs} ms`)
  assert.equal(flood.other, 0, 'answers that are neither')
  assert.equal(ingest.producer.records.length, taken * FLOOD.events)
  for (let n = 0; n < 20; n++) assert.equal((await ingest.post(eventText())).status, 200)
})

const FLOOD = { connections: 600, events: 250, refusals: 4_000, limitMs: 30_000 }
interface Flood {
  readonly taken: number
  readonly refused: number
  readonly other: number
  readonly refusedMedianMs: number
  readonly slowestTakenMs: number
}

/** From a process of its own, over many connections, each sending again as soon as it has an answer. */
async function runFlood(port: number): Promise<Flood> {
  const events = Array.from({ length: FLOOD.events }, (_, n) => eventText({ event_id: `e-${n}` }))
  const { connections, refusals, limitMs } = FLOOD
  const flood = fork(new URL('../testing/flood.fixture.ts', import.meta.url), { stdio: 'inherit' })
  flood.send({ port, body: `[${events.join(',')}]`, connections, refusals, limitMs })
  try {
    const signal = AbortSignal.timeout(limitMs + 15_000)
    const [result] = await once(flood, 'message', { signal })
    return result
  } finally {
    flood.kill('SIGKILL')
  }
}
