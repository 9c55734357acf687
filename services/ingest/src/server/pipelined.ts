import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createOneATurn } from './one-a-turn.ts'

/** Requests of a connection, one after the other. */
export interface Pipelined {
  /** Runs what handles a request when its turn on its connection has come. */
  readonly whenAlone: (response: ServerResponse, handle: () => void) => void
  /** Whether a connection is not read further: that its last request is not whole then is our doing. */
  readonly isHeld: (socket: Socket) => boolean
}

/**
 * Requests that came before the one ahead of them was answered (RFC 9112, 9.3.2) wait until it is: their answers
 * could not be sent before. Else one connection would have a hundred judged at once, and keep a hundred answers that it
 * does not read.
 *
 * Of all connections together one such request is handled in a turn of the loop. What else these connections send
 * stays in the system's buffers meanwhile.
 */
export function createPipelined(): Pipelined {
  const oneATurn = createOneATurn()
  const held = createHeld()
  return {
    whenAlone: (response, handle) => {
      const { socket } = response.req
      const isAlone = response.socket !== null // Node gives it the socket when those before it are over
      if (isAlone) return handle()
      held.hold(socket, response)
      response.once('socket', () => {
        oneATurn(() => {
          held.letGo(socket, response)
          if (!response.closed) handle()
        })
      })
    },
    isHeld: held.isHeld,
  }
}

/**
 * Connections that are not read further. Node resumes a socket after every message, and whenever a body is read
 * further (`readStart` of _http_incoming): until the last request that waits has its turn, that does nothing. Only the last
 * one can be incomplete.
 */
function createHeld() {
  const lastBySocket = new WeakMap<Socket, ServerResponse | null>()
  const isHeld = (socket: Socket): boolean => (lastBySocket.get(socket) ?? null) !== null
  return {
    isHeld,
    hold: (socket: Socket, last: ServerResponse): void => {
      if (!lastBySocket.has(socket)) {
        const resume = socket.resume.bind(socket)
        socket.resume = () => (isHeld(socket) ? socket : resume())
      }
      lastBySocket.set(socket, last)
      socket.pause()
    },
    letGo: (socket: Socket, response: ServerResponse): void => {
      if (lastBySocket.get(socket) !== response) return
      lastBySocket.set(socket, null)
      socket.resume()
    },
  }
}
