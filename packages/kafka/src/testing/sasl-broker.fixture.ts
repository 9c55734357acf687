import type { Socket } from 'node:net'
import { createFramedServer, reply } from './framed-server.fixture.ts'
import { type Reader, Writer } from './wire.fixture.ts'

const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36
const ILLEGAL_SASL_STATE = 34
const BETWEEN_RENEWALS_MS = 1_000
const NOTHING = Buffer.alloc(0)

export interface SaslBroker extends AsyncDisposable {
  readonly port: number
  /** What it refused, as Kafka's brokers do (KIP-368), with what it was doing then. */
  readonly refused: readonly string[]
  /** How often it began to hear who somebody is, by connection. */
  readonly exchanges: readonly number[]
  /** How many other requests it answered. */
  readonly answered: number
  /** Resolves when the next exchange has begun, before it is answered. */
  nextExchange(): Promise<void>
  /** Closes every connection. */
  hangUp(): void
}

type State = 'new' | 'exchange' | 'ready'

/**
 * A broker that asks who somebody is, takes any answer, and then answers every request with nothing, by the rules of
 * SocketServer, KafkaChannel and SaslServerAuthenticator of Kafka: within an exchange only what is of it; a renewal once a
 * second; nothing but a renewal when the session is over.
 *
 * @param options.steps answers that an exchange takes. @default 1
 */
export async function startSaslBroker(options: {
  readonly sessionMs: number
  readonly steps?: number
}): Promise<SaslBroker> {
  const { sessionMs, steps = 1 } = options
  const refused: string[] = []
  const exchanges: number[] = []
  let answered = 0
  let begun = Promise.withResolvers<void>()

  const serve = (socket: Socket): ((request: Reader) => void) => {
    const place = exchanges.push(0) - 1
    let state: State = 'new'
    let step = 0
    let renewedAt = -Infinity
    let endsAt = Infinity
    const refuse = (what: string): void => {
      refused.push(`${what} (${state})`)
      socket.destroy()
    }
    const begin = (): void => {
      state = 'exchange'
      step = 0
      exchanges[place] = (exchanges[place] ?? 0) + 1
      begun.resolve()
      begun = Promise.withResolvers()
    }
    return (request) => {
      const apiKey = request.int16()
      request.int16() // version
      const id = request.int32()
      const now = performance.now()
      if (apiKey === SASL_HANDSHAKE && state !== 'exchange') {
        const isTooSoon = state === 'ready' && now - renewedAt < BETWEEN_RENEWALS_MS
        if (isTooSoon) refused.push(`a renewal ${Math.round(now - renewedAt)} ms after the last`)
        else {
          if (state === 'ready') renewedAt = now
          begin()
        }
        const answer = new Writer().int16(isTooSoon ? ILLEGAL_SASL_STATE : 0)
        answer.array(['PLAIN'], (name) => answer.text(name))
        return reply(socket, id, answer.bytes())
      }
      if (apiKey === SASL_AUTHENTICATE && state === 'exchange') {
        step += 1
        if (step === steps) {
          state = 'ready'
          endsAt = now + sessionMs
        }
        const answer = new Writer().int16(0).absent().int32(0).int64(sessionMs)
        return reply(socket, id, answer.bytes())
      }
      if (state !== 'ready') return refuse(`request ${apiKey}`)
      if (now > endsAt) return refuse(`request ${apiKey} after the session`)
      answered += 1
      reply(socket, id, NOTHING)
    }
  }

  const server = createFramedServer(serve)
  await server.listen()
  return {
    port: server.port,
    refused,
    exchanges,
    get answered() {
      return answered
    },
    nextExchange: () => begun.promise,
    hangUp: () => server.hangUp(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
