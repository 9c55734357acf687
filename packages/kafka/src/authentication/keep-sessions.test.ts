import assert from 'node:assert/strict'
import { test } from 'node:test'
import SaslAuthenticator from 'kafkajs/src/broker/saslAuthenticator/index.js'
import Connection from 'kafkajs/src/network/connection.js'
import { isAuthenticated, keepSessions } from './keep-sessions.ts'

const session = (lifetimeMs: number, passedMs: number) => {
  const now = process.hrtime()
  const then = now[0] * 1_000 + now[1] / 1_000_000 - passedMs
  const seconds = Math.floor(then / 1_000) // below 0 on a machine that was just started
  const authenticatedAt = [seconds, Math.floor((then - 1_000 * seconds) * 1_000_000)] as const
  return { authenticatedAt, sessionLifetime: { toString: () => String(lifetimeMs) } }
}

test('a session is renewed ahead of its end, a short one not with every request', () => {
  const cases: readonly (readonly [number, number, boolean])[] = [
    [0, 1e9, true],
    [3_600_000, 3_589_000, true],
    [3_600_000, 3_591_000, false],
    [20_000, 14_000, true],
    [20_000, 16_000, false],
    [8_000, 5_000, true],
    [8_000, 6_500, false],
    [8_000, 9_000, false],
  ]
  for (const [lifetimeMs, passedMs, expected] of cases) {
    assert.equal(isAuthenticated.call(session(lifetimeMs, passedMs)), expected, `${lifetimeMs}`)
  }
  const never = { authenticatedAt: null, sessionLifetime: { toString: () => '0' } }
  assert.equal(isAuthenticated.call(never), false)
})

test('kafkajs still has what is replaced', () => {
  assert.equal(typeof Connection.prototype.isAuthenticated, 'function')
  assert.equal(typeof SaslAuthenticator.prototype.authenticate, 'function')
})

test('without a token nothing is begun; where it was begun and failed the connection is closed', async () => {
  keepSessions()
  keepSessions() // once more changes nothing
  const calls: string[] = []
  const authenticator = (prepare: () => Promise<void>) => ({
    connection: {
      authenticatedAt: null,
      socket: null,
      sasl: { mechanism: 'plain', prepare },
      send: async () => {
        calls.push('handshake')
        throw new Error('refused')
      },
      rejectRequests: () => void calls.push('reject'),
      disconnect: async () => void calls.push('disconnect'),
    },
    saslHandshake: () => ({}),
  })
  const authenticate = (prepare: () => Promise<void>): Promise<void> =>
    SaslAuthenticator.prototype.authenticate.call(authenticator(prepare))
  await assert.rejects(
    authenticate(() => Promise.reject(new Error('no token'))),
    /no token/,
  )
  assert.deepEqual(calls, [])
  await assert.rejects(
    authenticate(async () => {}),
    /refused/,
  )
  assert.deepEqual(calls, ['handshake', 'reject', 'disconnect'])
})
