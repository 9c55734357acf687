import type { ServerResponse } from 'node:http'
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
  return (response, handle) => {
    const { socket } = response.req
    const isAlone = response.socket !== null // Node gives it the socket when those before it are over
    if (isAlone) return handle()
    socket.pause()
    response.once('socket', () => {
      oneATurn(() => {
        socket.resume()
        if (!response.closed) handle()
      })
    })
  }
}
