import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createOneATurn } from './one-a-turn.ts'

/** Runs what handles a request when its turn on its connection has come. */
export type WhenAlone = (response: ServerResponse, handle: () => void) => void

/**
 * Requests that came before the one ahead of them was answered (RFC 9112, 9.3.2) wait until it is: their answers
 * could not be sent before. Else one connection would have a hundred judged at once, and keep a hundred answers that it
 * does not read.
 *
 * Of all connections together one such request is handled in a turn of the loop. What else these connections send
 * stays in the system's buffers meanwhile.
 */
export function createWhenAlone(): WhenAlone {
  const oneATurn = createOneATurn()
  const held = createHeld()
  return (response, handle) => {
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
  }
}

/**
 * Connections that are not read further. Node resumes a socket after every message, and whenever a body is read
 * further (`readStart` of _http_incoming): until the last request that waits has its turn, that does nothing. Only of that
 * one a part may still be to come.
 */
function createHeld() {
  const lastBySocket = new WeakMap<Socket, ServerResponse | null>()
  return {
    hold: (socket: Socket, last: ServerResponse): void => {
      const { resume } = socket
      if (!lastBySocket.has(socket)) {
        socket.resume = () => {
          const isHeld = (lastBySocket.get(socket) ?? null) !== null
          return isHeld ? socket : resume.call(socket)
        }
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
