import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createBudget } from '../admission/budget.ts'
import type { BodySink, IngestRequest } from '../http/messages.ts'
import { ClientGone, Refusal } from '../response/refusal.ts'
import { inflate, isLongBody, limitsOfStrangers, readBody, refuseTooLarge } from './body.ts'

const LIMITS = { maxBodyBytes: 100_000, bodyTimeoutMs: 10_000 }

/** A body being read, whose chunks the test decides about. */
function open({ headers = {}, maxInFlightBytes = 1_000_000 } = {}) {
  let sink: BodySink | null = null
  const budget = createBudget(maxInFlightBytes)
  const request = {
    headers,
    giveBodyTo: (to: BodySink | null) => (sink = to),
    pause: () => {},
  } as unknown as IngestRequest // what a body is read with
  const reservation = budget.open()
  const body = readBody(request, { limits: LIMITS, reservation })
  const taken = (): BodySink => sink ?? assert.fail('nobody reads the body')
  return { body, budget, reservation, taken, isRead: () => sink !== null }
}

const refusedAs = (code: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code

test('a body of one chunk is that chunk, not a copy; one of many is their bytes in order', async () => {
  const one = open()
  const chunk = Buffer.from('{"event":"a"}')
  one.taken().onChunk(chunk)
  one.taken().onEnd()
  assert.equal(await one.body, chunk)

  const many = open()
  const sent = Array.from({ length: 300 }, (_, at) => Buffer.alloc(1 + (at % 700), at % 251))
  for (const each of sent) many.taken().onChunk(each)
  many.taken().onEnd()
  assert.deepEqual(await many.body, Buffer.concat(sent))
})

test('what is held counts against the budget, at most twice the bytes that came, until it is released', async () => {
  const { body, budget, reservation, taken } = open()
  for (let chunk = 0; chunk < 30; chunk += 1) taken().onChunk(Buffer.alloc(1_000))
  taken().onEnd()
  assert.equal((await body).length, 30_000)
  assert.ok(budget.usedBytes >= 30_000 && budget.usedBytes <= 60_000, `${budget.usedBytes}`)
  reservation.release()
  assert.equal(budget.usedBytes, 0)
})

test('a body is refused in the chunk that makes it too large, and is read no more', async () => {
  const { body, taken, isRead } = open()
  taken().onChunk(Buffer.alloc(99_999))
  taken().onChunk(Buffer.alloc(2))
  assert.ok(!isRead())
  await assert.rejects(body, refusedAs('body_too_large'))
})

test('a body that the budget has no room for is refused, whether it comes at once or in pieces', async () => {
  for (const chunks of [[50_000], [600, 600]]) {
    const { body, taken } = open({ maxInFlightBytes: 1_000 })
    for (const bytes of chunks) taken().onChunk(Buffer.alloc(bytes))
    await assert.rejects(body, refusedAs('overloaded'))
  }
})

test('chunks of a few bytes are refused when the sender cut them, not when the network did', async () => {
  const cut = open({ headers: { 'transfer-encoding': 'chunked' } })
  while (cut.isRead()) cut.taken().onChunk(Buffer.alloc(1))
  await assert.rejects(cut.body, refusedAs('bad_framing'))

  const slow = open({ headers: { 'content-length': '5000' } })
  for (let byte = 0; byte < 5_000; byte += 1) slow.taken().onChunk(Buffer.alloc(1, 7))
  slow.taken().onEnd()
  assert.deepEqual(await slow.body, Buffer.alloc(5_000, 7))
})

test('no byte, no more time and no client: each ends the wait in its own way', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const empty = open()
  empty.taken().onEnd()
  await assert.rejects(empty.body, refusedAs('empty_body'))

  const late = open()
  t.mock.timers.tick(LIMITS.bodyTimeoutMs - 1)
  assert.ok(late.isRead())
  t.mock.timers.tick(1)
  await assert.rejects(late.body, refusedAs('body_timeout'))
  assert.ok(!late.isRead())

  const gone = open()
  gone.taken().onGone()
  await assert.rejects(gone.body, ClientGone)
})

test('a length that is announced is refused before a byte is read', () => {
  const announcing = (bytes: string) =>
    ({ headers: { 'content-length': bytes } }) as unknown as IngestRequest
  refuseTooLarge(announcing('100000'), LIMITS)
  assert.throws(() => refuseTooLarge(announcing('100001'), LIMITS), refusedAs('body_too_large'))
})

test('whose key is inside the body may make it a hundred times as long, and 1 MiB at most', async () => {
  const limits = limitsOfStrangers({ ...LIMITS, maxBodyBytes: 5 * 1_024 ** 2 })
  assert.equal(limits.maxBodyBytes, 1_024 ** 2)
  assert.equal(
    limitsOfStrangers(LIMITS).maxBodyBytes,
    LIMITS.maxBodyBytes,
    'never more than others',
  )

  const reservation = createBudget(10_000_000).open()
  const bounds = { limits, reservation }
  const sent = gzipSync(Buffer.alloc(200_000))
  await assert.rejects(inflate(sent, 'gzip', false, bounds), /100 times what was sent.*in a header/)
  const known = { ...bounds, limits: LIMITS }
  await assert.rejects(inflate(sent, 'gzip', false, known), /100000 bytes after gzip/)
})

test('a body is long above 128 KiB, unless it is refused for its size', () => {
  const limits = { ...LIMITS, maxBodyBytes: 5 * 1_024 ** 2 }
  assert.ok(!isLongBody(128 * 1_024, limits))
  assert.ok(isLongBody(128 * 1_024 + 1, limits))
  assert.ok(!isLongBody(limits.maxBodyBytes + 1, limits))
})
