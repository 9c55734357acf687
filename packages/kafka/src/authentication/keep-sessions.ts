import { setTimeout as delay } from 'node:timers/promises'
import SaslAuthenticator from 'kafkajs/src/broker/saslAuthenticator/index.js'
import Connection from 'kafkajs/src/network/connection.js'
import { endExchange } from './keep-exchanges-apart.ts'
import type { PreparedSasl } from './sasl.ts'

/** The part of a connection of kafkajs 2.2.4 that this file depends on; a test pins it. */
export interface SessionState {
  /** `process.hrtime()` of then. */
  readonly authenticatedAt: readonly [number, number] | null
  /** Milliseconds, 0 for no end; kafkajs keeps it as a Long. */
  readonly sessionLifetime: { toString(): string }
}

/** kafkajs's own; the time that an answer takes to come must fit into it. */
const AHEAD_MS = 10_000
/** Of sessions that are shorter than that. */
const AHEAD_OF_SHORT = 0.25
/** A broker begins no second renewal over a connection within so long: KafkaChannel.maybeBeginServerReauthentication. */
const BETWEEN_MS = 1_000

/**
 * Mends how kafkajs keeps the sessions of its connections alive (KIP-368).
 *
 * It says who it is again 10 s before a session ends: with each request, when a session is shorter. Ours are renewed at
 * three quarters of such a session. A broker takes that once a second, and answers ILLEGAL_SASL_STATE otherwise: a session
 * lasts no longer than the token that began it, so the last ones before a token ends, while there is no new one, are shorter
 * than that. Requests wait then until the second is over; that the session is over by then is no harm, as only a renewal comes.
 *
 * It begins to say who it is, and gets the token then: without a token the connection is left in the middle of it, and
 * every request over it, and the next attempt, fails with ILLEGAL_SASL_STATE. Here the token comes first, and a connection
 * on which it failed is closed.
 */
export function keepSessions(): void {
  Object.assign(Connection.prototype, { isAuthenticated })
  const { prototype } = SaslAuthenticator
  if (Object.hasOwn(prototype, MENDED)) return
  // oxlint-disable-next-line typescript/unbound-method -- called below with its own `this`
  const { authenticate } = prototype
  Object.assign(prototype, {
    [MENDED]: true,
    authenticate: async function (this: InstanceType<typeof SaslAuthenticator>) {
      const { connection } = this
      await untilItMayBegin(connection)
      await (connection.sasl as PreparedSasl).prepare?.()
      const { socket } = connection
      try {
        await authenticate.call(this)
        endExchange(connection.requestQueue)
      } catch (error) {
        if (connection.socket === socket) {
          connection.rejectRequests(error)
          await connection.disconnect()
        }
        throw error
      }
    },
  })
}

const MENDED = Symbol('keepSessions')

/** Counted from the end of the last renewal, which is later than the broker counts from. */
async function untilItMayBegin({
  authenticatedAt,
}: Pick<SessionState, 'authenticatedAt'>): Promise<void> {
  if (authenticatedAt === null) return
  for (;;) {
    const leftMs = BETWEEN_MS - msSince(authenticatedAt)
    if (leftMs <= 0) return
    await delay(Math.ceil(leftMs))
  }
}

function msSince(then: readonly [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime([...then])
  return seconds * 1_000 + nanoseconds / 1_000_000
}

export function isAuthenticated(this: SessionState): boolean {
  if (this.authenticatedAt === null) return false
  const lifetimeMs = Number(this.sessionLifetime.toString())
  if (lifetimeMs === 0) return true
  return (
    msSince(this.authenticatedAt) < lifetimeMs - Math.min(AHEAD_MS, AHEAD_OF_SHORT * lifetimeMs)
  )
}
