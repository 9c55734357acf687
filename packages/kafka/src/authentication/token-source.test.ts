import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createTokenSource, type FetchedToken } from './token-source.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const LIFETIME_MS = 100_000

/** A token server and a clock that stand still until they are told to go on. */
function world() {
  let nowMs = 0
  let asked = 0
  let isAway = false
  const timers: { atMs: number; run: () => void }[] = []
  const fetchToken = async (): Promise<FetchedToken> => {
    asked += 1
    if (isAway) throw new Error('away')
    return { value: `token-${asked}`, lifetimeMs: LIFETIME_MS }
  }
  const clock = {
    now: () => nowMs,
    after: (ms: number, run: () => void) => void timers.push({ atMs: nowMs + ms, run }),
  }
  const source = createTokenSource({ fetchToken, clock })
  return {
    token: () => source.token(log),
    notAccepted: (value: string) => source.notAccepted(value, new Error('not accepted')),
    asked: () => asked,
    away: (is: boolean) => void (isAway = is),
    pass: async (ms: number) => {
      const end = nowMs + ms
      for (;;) {
        const due = timers.filter(({ atMs }) => atMs <= end).toSorted((a, b) => a.atMs - b.atMs)[0]
        if (due === undefined) break
        timers.splice(timers.indexOf(due), 1)
        nowMs = due.atMs
        due.run()
        await new Promise(setImmediate)
      }
      nowMs = end
    },
  }
}

test('connections at the same time share one request, and then one token', async () => {
  const { token, asked } = world()
  const tokens = await Promise.all(Array.from({ length: 50 }, token))
  assert.deepEqual([...new Set(tokens)], ['token-1'])
  assert.equal(await token(), 'token-1')
  assert.equal(asked(), 1)
})

test('a token is renewed by itself before it ends, while nobody wants one', async () => {
  const { token, asked, pass } = world()
  await token()
  await pass(0.69 * LIFETIME_MS)
  assert.equal(asked(), 1)
  await pass(0.02 * LIFETIME_MS)
  assert.equal(asked(), 2)
  assert.equal(await token(), 'token-2')
  await pass(10 * LIFETIME_MS)
  assert.equal(await token(), `token-${asked()}`)
  assert.ok(asked() <= 17, `${asked()} requests in eleven lifetimes`)
})

test('while the token server is away the old token serves, and the new one comes by itself', async () => {
  const { token, asked, away, pass } = world()
  await token()
  away(true)
  await pass(0.9 * LIFETIME_MS)
  assert.equal(await token(), 'token-1')
  assert.ok(asked() > 2, 'it was tried again')
  away(false)
  await pass(6_000)
  assert.equal(await token(), `token-${asked()}`)
})

test('without a valid token the reason is thrown, and the server is not stormed', async () => {
  const { token, asked, away, pass } = world()
  await token()
  away(true)
  await pass(2 * LIFETIME_MS)
  const before = asked()
  for (let n = 0; n < 1_000; n++) await assert.rejects(token(), /away/)
  assert.ok(asked() - before <= 1)
  away(false)
  await pass(6_000)
  assert.equal(await token(), `token-${asked()}`)
})

test('a token that a broker does not take is replaced, after a pause', async () => {
  const { token, notAccepted, asked, pass } = world()
  notAccepted(await token())
  const isEarly = await token().then(
    () => false,
    () => true,
  )
  if (isEarly) await pass(1_000)
  assert.equal(await token(), 'token-2')
  notAccepted('token-1')
  assert.equal(await token(), 'token-2', 'that was another one')
  assert.equal(asked(), 2)
})

test('a token that is valid for a year is not asked for at once again', async (t) => {
  let asked = 0
  const warned: unknown[] = []
  const listen = (warning: Error): void => void warned.push(warning.name)
  process.on('warning', listen)
  t.after(() => void process.off('warning', listen))
  const fetchToken = async (): Promise<FetchedToken> => {
    asked += 1
    return { value: 'long', lifetimeMs: 365 * 86_400_000 }
  }
  const source = createTokenSource({ fetchToken })
  assert.equal(await source.token(log), 'long')
  // Timers that Node shortens end before one of 2 ms that was made after them.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 2))
  assert.equal(asked, 1)
  assert.deepEqual(warned, [])
})
