import Connection from 'kafkajs/src/network/connection.js'
import { NoAnswer } from '../errors/kafka-errors.ts'
import type { RequestQueueState } from './request-queue-timer.ts'

/** The part of kafkajs 2.2.4's connection that this file depends on; a test pins it. */
export interface ConnectionState {
  /** Of the last answer, as far as it has come. */
  chunks: readonly Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  readonly socket?: { readonly bytesRead: number }
  readonly requestTimeout: number
  readonly requestQueue: RequestQueueState & { rejectAll(error: Error): void }
  isConnected(): boolean
  disconnect(): Promise<unknown>
}

/** How long an answer is stands before it. */
const BYTES_OF_LENGTH = 4

/**
 * Mends two faults of kafkajs's connections, after which one of them never worked again, while new ones did:
 *
 * It makes a new socket and goes on reading where the old one ended. When that was in the middle of an answer, whatever comes
 * from then on is cut in the wrong places. So a new socket begins with nothing.
 *
 * A firewall, a NAT or a balancer that has forgotten a connection drops what is sent over it without a word. The kernel
 * gives it up after a quarter of an hour, kafkajs never (tulios/kafkajs issue 919): each request waits in vain. As Kafka's own
 * client does, one over which nothing has come while a request ran out of time is closed, and the next request has a new
 * one. A broker that is slow, and not silent, keeps its connection.
 */
export function keepConnectionsSound(): void {
  const { prototype } = Connection
  if (Object.hasOwn(prototype, MENDED)) return
  // oxlint-disable-next-line typescript/unbound-method -- called below with its own `this`
  const { connect } = prototype
  Object.assign(prototype, {
    [MENDED]: true,
    connect: function (this: ConnectionState): Promise<unknown> {
      if (!this.isConnected()) beginAnew(this)
      return connect.call(this)
    },
  })
}

const MENDED = Symbol('keepConnectionsSound')

function beginAnew(connection: ConnectionState): void {
  Object.assign(connection, { chunks: [], bytesBuffered: 0, bytesNeeded: BYTES_OF_LENGTH })
  connection.requestQueue.line = {
    get bytesRead() {
      return connection.socket?.bytesRead ?? 0
    },
    giveUp: () => {
      if (!connection.isConnected()) return
      connection.requestQueue.rejectAll(new NoAnswer(connection.requestTimeout))
      void connection.disconnect() // waits for nothing: there is no request any more
    },
  }
}
