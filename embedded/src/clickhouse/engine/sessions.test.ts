import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from './engine.ts'
import { ServerException } from './errors.ts'
import { createSessions, MAX_HELD, MAX_HELD_BY_ONE, type SessionRequest } from './sessions.ts'

const ASKER = { engineRole: 'full', limits: null }

const request = (id: string, more: Partial<SessionRequest> = {}): SessionRequest => ({
  id,
  timeoutMs: 60_000,
  mustExist: false,
  closes: false,
  ...more,
})

function fakes(): {
  readonly open: () => Promise<Connection>
  readonly count: () => number
} {
  let count = 0
  const never = (): Promise<never> => Promise.reject(new Error('no query is run here'))
  const open = (): Promise<Connection> => {
    count++
    return Promise.resolve({ query: never, insert: never, close: () => void count-- })
  }
  return { open, count: () => count }
}

const hasCode =
  (code: number) =>
  (error: unknown): boolean =>
    error instanceof ServerException && error.code === code

test('a connection is kept only for what makes state, and only when that worked', async () => {
  const { open, count } = fakes()
  const sessions = createSessions(open)
  const without = await sessions.acquire(request('a'), false, ASKER)
  assert.equal(without.connection, undefined)
  without.release(true)
  ;(await sessions.acquire(request('a'), true, ASKER)).release(false)
  assert.equal(count(), 0)
  const first = await sessions.acquire(request('a'), true, ASKER)
  first.release(true)
  const second = await sessions.acquire(request('a'), false, ASKER)
  assert.equal(second.connection, first.connection)
  second.release(false)
  assert.equal(count(), 1, 'a failed query does not end it')
  ;(await sessions.acquire(request('a', { closes: true }), false, ASKER)).release(true)
  assert.equal(count(), 0)
})

test('one that is lost ends with its query', async () => {
  const { open, count } = fakes()
  const sessions = createSessions(open)
  ;(await sessions.acquire(request('a'), true, ASKER)).release(true)
  const lease = await sessions.acquire(request('a'), false, ASKER)
  lease.lose()
  assert.equal(count(), 1, 'the query may still run')
  lease.release(true)
  assert.equal(count(), 0)
  await assert.rejects(
    sessions.acquire(request('a', { mustExist: true }), false, ASKER),
    hasCode(372),
  )
})

test('more than the bound with state are refused, names without it are forgotten, oldest first', async () => {
  const { open, count } = fakes()
  const sessions = createSessions(open)
  for (let at = 0; at < MAX_HELD; at++) {
    ;(await sessions.acquire(request(`held ${at}`), true, ASKER)).release(true)
  }
  await assert.rejects(sessions.acquire(request('more'), true, ASKER), hasCode(700))
  for (let at = 0; at < 10_000; at++) {
    ;(await sessions.acquire(request(`name ${at}`), false, ASKER)).release(true)
  }
  assert.equal(count(), MAX_HELD)
  await assert.rejects(
    sessions.acquire(request('name 1', { mustExist: true }), false, ASKER),
    hasCode(372),
  )
  for (const id of ['held 0', 'name 9999']) {
    ;(await sessions.acquire(request(id, { mustExist: true }), false, ASKER)).release(true)
  }
  sessions.close()
  assert.equal(count(), 0)
})

test('a login that has limits leaves most of them to others, and all of these together leave some to programs', async () => {
  const { open, count } = fakes()
  const sessions = createSessions(open)
  const by = (engineRole: string) => ({ engineRole, limits: [] })
  const take = async (
    asker: typeof ASKER | ReturnType<typeof by>,
    sessionId: string,
    closes = false,
  ) => (await sessions.acquire(request(sessionId, { closes }), true, asker)).release(true)
  for (const one of ['a', 'b', 'c']) {
    for (let at = 0; at < MAX_HELD_BY_ONE; at++) await take(by(one), `held ${at}`)
    await assert.rejects(take(by(one), 'more'), hasCode(700))
  }
  await assert.rejects(take(by('d'), 'first'), hasCode(700))
  for (let at = count(); at < MAX_HELD; at++) await take(ASKER, `held ${at}`)
  await assert.rejects(take(ASKER, 'more'), hasCode(700))
  await take(by('a'), 'held 0', true)
  await take(by('d'), 'first')
  assert.equal(count(), MAX_HELD)
})

test('one that is ended while it is opened leaves no connection behind', async () => {
  const { open, count } = fakes()
  const opening = Promise.withResolvers<void>()
  const sessions = createSessions(() => opening.promise.then(open))
  const acquired = sessions.acquire(request('a'), true, ASKER)
  sessions.close()
  opening.resolve()
  await assert.rejects(acquired, hasCode(372))
  assert.equal(count(), 0)
})

test('it ends when nobody used it for its time, and never while a query runs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { open, count } = fakes()
  const sessions = createSessions(open)
  ;(await sessions.acquire(request('a', { timeoutMs: 1_000 }), true, ASKER)).release(true)
  t.mock.timers.tick(999)
  const running = await sessions.acquire(request('a', { timeoutMs: 1_000 }), false, ASKER)
  t.mock.timers.tick(100_000)
  assert.equal(count(), 1)
  await assert.rejects(sessions.acquire(request('a'), false, ASKER), hasCode(373))
  running.release(true)
  t.mock.timers.tick(1_000)
  assert.equal(count(), 0)
})

test('one that could not be opened leaves its place to others', async () => {
  const sessions = createSessions(() => Promise.reject(new Error('no connection')))
  for (let at = 0; at < MAX_HELD + 1; at++) {
    await assert.rejects(sessions.acquire(request('a'), true, ASKER), /no connection/)
  }
})
