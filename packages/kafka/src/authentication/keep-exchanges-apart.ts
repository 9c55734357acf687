import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import type { RequestQueueState } from '../kafkajs/request-queue-timer.ts'

/** The part of kafkajs 2.2.4's request queue that this file depends on; a test pins it. */
export interface ExchangeQueue extends RequestQueueState {
  createSocketRequest(request: QueuedRequest): QueuedRequest
  sendSocketRequest(request: QueuedRequest): void
}

export interface QueuedRequest {
  readonly entry: { readonly apiKey: number }
}

const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36

/**
 * Keeps what is not of it out of a SASL exchange (KIP-368): from the handshake on a broker takes nothing else over that
 * connection, refuses it with ILLEGAL_SASL_STATE and closes. What was sent before is answered before.
 *
 * kafkajs looks whether a session has to be renewed when a request is made. One that is still being encoded then, or that
 * waits because the broker throttles, is written in the middle of the exchange that another one has begun. Here it waits
 * for the end, which `endExchange` tells; a failure rejects it with all others.
 *
 * An exchange belongs to one socket: it does not go on over the next.
 */
export function keepExchangesApart(): void {
  const { prototype } = RequestQueue
  if (Object.hasOwn(prototype, MENDED)) return
  // oxlint-disable-next-line typescript/unbound-method -- called below with its own `this`
  const { push, sendSocketRequest } = prototype
  Object.assign(prototype, {
    [MENDED]: true,
    push: function (this: ExchangeQueue, request: QueuedRequest): void {
      if (request.entry.apiKey !== SASL_AUTHENTICATE) return push.call(this, request)
      if (!this.isExchanging)
        throw new Error('the connection was made anew while it said who it is')
      this.sendSocketRequest(this.createSocketRequest(request))
    },
    sendSocketRequest: function (this: ExchangeQueue, request: QueuedRequest): void {
      if (request.entry.apiKey === SASL_HANDSHAKE) this.isExchanging = true
      sendSocketRequest.call(this, request)
    },
  })
}

const MENDED = Symbol('keepExchangesApart')

/** What has waited is sent. */
export function endExchange(
  queue: Pick<RequestQueueState, 'isExchanging' | 'checkPendingRequests'>,
): void {
  queue.isExchanging = false
  queue.checkPendingRequests()
}
