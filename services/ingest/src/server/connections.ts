import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClosedForRoom } from '../metrics.ts'

/**
 * The open connections of a server, at most so many. Whoever opens one more has room: those are closed that have
 * asked for nothing for the longest time, then those that have been sending a body for the longest time. Only
 * where nearly every one waits for our answer the new one is closed.
 *
 * Refusing the new one would lock everybody out for the keep-alive time: idle connections cost an attacker nothing.
 */
export interface Connections {
  readonly opened: (socket: Socket) => void
  /** A request has come. @returns how many have, on its connection. */
  readonly asked: (response: ServerResponse) => number
  /** Responses of a connection that are not over, in the order of their requests. */
  readonly openOf: (socket: Socket) => readonly ServerResponse[]
}

/** What is known of a connection. A response that is over is not kept: it holds its request, and that its body. */
interface Connection {
  requests: number
  /** Counts up with whatever happens on any connection: the lowest was asked for the longest time ago. */
  order: number
  /** Those that came before the one ahead of them was answered, and are perhaps answered now. */
  queued: readonly ServerResponse[]
}

/** With the response that Node is writing to it. */
interface AnsweringSocket extends Socket {
  readonly _httpMessage?: ServerResponse | null
}

/** Finding them takes a look at every connection, so a hundredth of them goes at once. */
const CLOSED_AT_ONCE = 1 / 100
/** Where there are not so many to close, newcomers are closed for so long before all are looked at again. */
const LOOK_AGAIN_MS = 100

/**
 * Requests that wait on one connection for the answers before them, some 6 KB each. Clients that send several at once send
 * a few; who sends thousands and reads nothing wants our memory.
 */
export const MAX_QUEUED = 100

/**
 * @param onClosed told how many of which were closed.
 * @param now milliseconds of a clock that never jumps.
 */
export function createConnections(
  maxConnections: number,
  onClosed: (which: ClosedForRoom, count: number) => void,
  now: () => number = () => performance.now(),
): Connections {
  const connections = new Map<Socket, Connection>()
  const atOnce = Math.max(1, Math.floor(maxConnections * CLOSED_AT_ONCE))
  let order = 0
  let fewAt = -Infinity

  const openOf = (socket: AnsweringSocket): readonly ServerResponse[] => {
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    const current = socket._httpMessage ?? null
    const queued = (connections.get(socket)?.queued ?? []).filter((one) => one !== current)
    return (current === null ? queued : [current, ...queued]).filter(isOpen)
  }
  const stateOf = (socket: Socket): 'idle' | 'sending' | 'waiting' => {
    const [first] = openOf(socket)
    if (first === undefined) return 'idle'
    return first.req.complete ? 'waiting' : 'sending'
  }
  const close = (sockets: readonly Socket[], which: ClosedForRoom): void => {
    if (sockets.length === 0) return
    for (const socket of sockets) {
      connections.delete(socket)
      socket.destroy()
    }
    onClosed(which, sockets.length)
  }
  const makeRoom = (newcomer: Socket): void => {
    if (now() - fewAt < LOOK_AGAIN_MS) return close([newcomer], 'new')
    const others = [...connections]
      .filter(([socket]) => socket !== newcomer)
      .toSorted(([, left], [, right]) => left.order - right.order)
    const byState = Object.groupBy(others, ([socket]) => stateOf(socket))
    const idle = socketsOf(byState.idle).slice(0, atOnce)
    const sending = socketsOf(byState.sending).slice(0, atOnce - idle.length)
    const found = idle.length + sending.length
    if (found < atOnce) fewAt = now()
    if (found === 0) return close([newcomer], 'new')
    close(idle, 'idle')
    close(sending, 'sending')
  }

  return {
    opened: (socket) => {
      connections.set(socket, { requests: 0, order: ++order, queued: [] })
      socket.once('close', () => connections.delete(socket))
      if (connections.size > maxConnections) makeRoom(socket)
    },
    asked: (response) => {
      const connection = connections.get(response.req.socket)
      if (connection === undefined) return 0 // closed for room a moment ago
      connection.requests += 1
      connection.order = ++order
      const isQueued = response.socket === null // Node gives it the socket when its turn has come
      if (isQueued) connection.queued = [...connection.queued.filter(isOpen), response]
      else if (connection.queued.length > 0) connection.queued = []
      if (connection.queued.length > MAX_QUEUED) response.req.socket.destroy()
      return connection.requests
    },
    openOf,
  }
}

function socketsOf(found: readonly (readonly [Socket, Connection])[] = []): readonly Socket[] {
  return found.map(([socket]) => socket)
}

function isOpen({ closed }: ServerResponse): boolean {
  return !closed
}
