import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Which connections are closed when there is no room for another. */
export const CLOSED_FOR_ROOM = ['idle', 'sending', 'new'] as const

export type ClosedForRoom = (typeof CLOSED_FOR_ROOM)[number]

/**
 * The open connections of a server, at most so many. Whoever opens one more has room: those are closed that have
 * asked for nothing for the longest time, then those that have been sending a body for the longest time. Only
 * where every one waits for our answer the new one is closed.
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

/**
 * Requests that wait on one connection for the answers before them, some 6 KB each. Clients that send several at once send
 * a few; who sends thousands and reads nothing wants our memory.
 */
const MAX_QUEUED = 100

/** @param onClosed told how many of which were closed. */
export function createConnections(
  maxConnections: number,
  onClosed: (which: ClosedForRoom, count: number) => void,
): Connections {
  const connections = new Map<Socket, Connection>()
  let order = 0

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
    for (const socket of sockets) {
      connections.delete(socket)
      socket.destroy()
    }
    onClosed(which, sockets.length)
  }
  const makeRoom = (newcomer: Socket): void => {
    const atOnce = Math.max(1, Math.floor(maxConnections * CLOSED_AT_ONCE))
    const others = [...connections]
      .filter(([socket]) => socket !== newcomer)
      .toSorted(([, left], [, right]) => left.order - right.order)
      .map(([socket]) => ({ socket, state: stateOf(socket) }))
    for (const which of ['idle', 'sending'] as const) {
      const found = others.filter(({ state }) => state === which).slice(0, atOnce)
      if (found.length === 0) continue
      return close(
        found.map(({ socket }) => socket),
        which,
      )
    }
    close([newcomer], 'new')
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

function isOpen({ closed }: ServerResponse): boolean {
  return !closed
}
