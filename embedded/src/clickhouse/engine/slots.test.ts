import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Engine } from './engine.ts'
import { ServerException } from './errors.ts'
import { QUERIES_OF_ONE } from '../sql/asker.ts'
import { createSlots } from './slots.ts'

function fakeEngine(connect: () => void = () => {}): Engine {
  const nothing = {
    bytes: Buffer.alloc(0),
    rowsRead: 0,
    bytesRead: 0,
    resultRows: 0,
    resultBytes: 0,
    rowsWritten: 0,
    bytesWritten: 0,
    elapsedSeconds: 0,
  }
  const answer = (): Promise<typeof nothing> => Promise.resolve(nothing)
  const connection: Connection = { query: answer, insert: answer, close: () => {} }
  return {
    connect: () => {
      connect()
      return connection
    },
  }
}

const QUERY = { isReader: true, asker: { engineRole: 'full', limits: null } }
const isTooMany = (error: unknown): boolean =>
  error instanceof ServerException && error.code === 202

test('each query has a pipe of its own and waits for a free one', async () => {
  const slots = createSlots(fakeEngine(), ['a', 'b'])
  const inUse = new Set<string>()
  const use = (): Promise<void> =>
    slots.use(QUERY, async ({ pipe }) => {
      assert.equal(inUse.has(pipe), false)
      inUse.add(pipe)
      await new Promise((resolve) => setImmediate(resolve))
      inUse.delete(pipe)
    })
  await Promise.all(Array.from({ length: 50 }, use))
})

test('beyond the bound a query is refused with code 202, and after 10 s of waiting, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const slots = createSlots(fakeEngine(), ['only'])
  let finish = (): void => {}
  const running = slots.use(QUERY, () => new Promise<void>((resolve) => (finish = resolve)))
  const waiting = Array.from({ length: 256 }, () => slots.use(QUERY, () => Promise.resolve('done')))
  const settled = Promise.allSettled(waiting)
  await assert.rejects(
    slots.use(QUERY, () => Promise.resolve()),
    isTooMany,
  )
  t.mock.timers.tick(10_000)
  for (const outcome of await settled)
    assert.ok(outcome.status === 'rejected' && isTooMany(outcome.reason))
  finish()
  await running
  assert.equal(await slots.use(QUERY, () => Promise.resolve('done')), 'done')
})

test('a slot comes back when the work fails or no connection can be made', async () => {
  let isBroken = false
  const slots = createSlots(
    fakeEngine(() => {
      if (isBroken) throw new Error('no connection')
    }),
    ['only'],
  )
  await assert.rejects(
    slots.use(QUERY, () => Promise.reject(new Error('failed'))),
    /failed/,
  )
  isBroken = true
  await assert.rejects(
    slots.use(QUERY, () => Promise.resolve()),
    /no connection/,
  )
  isBroken = false
  assert.equal(await slots.use(QUERY, () => Promise.resolve('done')), 'done')
})

test('a login has its own number of queries, those that wait counted: others find a place at once', async () => {
  const slots = createSlots(fakeEngine(), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  const limits = [{ setting: QUERIES_OF_ONE, value: 2, change: 'most', why: '' }] as const
  const by = (engineRole: string) => ({ isReader: true, asker: { engineRole, limits } })
  const finished = Promise.withResolvers<void>()
  const running = [1, 2].map(() => slots.use(by('one'), () => finished.promise))
  await assert.rejects(
    slots.use(by('one'), () => Promise.resolve()),
    isTooMany,
  )
  assert.equal(await slots.use(by('other'), () => Promise.resolve('done')), 'done')
  finished.resolve()
  await Promise.all(running)
  assert.equal(await slots.use(by('one'), () => Promise.resolve('done')), 'done')
})

test('logins with limits leave places to programs, however many they are', async () => {
  const slots = createSlots(fakeEngine(), ['a', 'b', 'c', 'd'])
  const analyst = (engineRole: string) => ({ isReader: true, asker: { engineRole, limits: [] } })
  const finished = Promise.withResolvers<void>()
  const running = ['one', 'two'].map((who) => slots.use(analyst(who), () => finished.promise))
  let isThird = false
  const third = slots.use(analyst('three'), () => Promise.resolve(void (isThird = true)))
  assert.equal(await slots.use(QUERY, () => Promise.resolve('done')), 'done')
  assert.equal(isThird, false)
  finished.resolve()
  await Promise.all([...running, third])
})
