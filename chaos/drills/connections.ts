import { connect, type Socket } from 'node:net'
import type { BodyEncoding } from './bodies.ts'

/** What a client sees of one request, at the level of the connection. */
export interface Reply {
  /** 0: the connection could not be made; -1: it was cut with the request on it. */
  readonly status: number
  /** Milliseconds from the writing of the request to the end of the answer. */
  readonly ms: number
  /** The server said that it closes the connection after this answer. */
  readonly isLast: boolean
  /** Whole seconds, or null. */
  readonly retryAfter: number | null
  readonly body: string
}

/** Keep-alive connections to one server, one request at a time on each. */
export interface Connections {
  /** @returns null when every connection is busy and no more may be opened. */
  post(path: string, body: Buffer, encoding?: BodyEncoding): Promise<Reply> | null
  /** Connections with a request on them. */
  readonly busy: number
  /** Opens so many now, so that nothing has to connect later. */
  warm(count: number): Promise<void>
  close(): void
}

export const NO_CONNECTION = 0
export const CUT = -1

/** As a balancer does: ingest closes what was idle for 65 s, and a request must not meet that. */
const MAX_IDLE_MS = 50_000

/**
 * A client that does nothing but write requests and find the end of answers: `node:http` costs several
 * times as much, and on a small machine the generator must not be what is measured.
 */
export function createConnections(url: string, maxConnections: number): Connections {
  const { hostname, port } = new URL(url)
  const idle: { readonly connection: Connection; readonly sinceMs: number }[] = []
  const all = new Set<Connection>()
  const open = (): Connection => {
    const connection = createConnection(hostname, Number(port), {
      onIdle: () => void idle.push({ connection, sinceMs: performance.now() }),
      onClosed: () => {
        all.delete(connection)
        const at = idle.findIndex((each) => each.connection === connection)
        if (at >= 0) idle.splice(at, 1)
      },
    })
    all.add(connection)
    return connection
  }
  /** The one used last; when that was idle for too long, the others were for longer. */
  const takeIdle = (): Connection | null => {
    const last = idle.pop()
    if (last === undefined) return null
    if (performance.now() - last.sinceMs < MAX_IDLE_MS) return last.connection
    for (const { connection } of [last, ...idle.splice(0)]) connection.destroy()
    return null
  }
  return {
    get busy() {
      return all.size - idle.length
    },
    post: (path, body, encoding = 'identity') => {
      const connection = takeIdle() ?? (all.size < maxConnections ? open() : null)
      const codedAs = encoding === 'identity' ? '' : `Content-Encoding: ${encoding}\r\n`
      const head = `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n${codedAs}Content-Length: ${body.length}\r\n\r\n`
      return connection?.post(head, body) ?? null
    },
    warm: async (count) => {
      const opened = Array.from({ length: count }, open)
      await Promise.all(opened.map(({ connected }) => connected))
      const sinceMs = performance.now()
      idle.push(...opened.map((connection) => ({ connection, sinceMs })))
    },
    close: () => {
      for (const connection of all) connection.destroy()
    },
  }
}

interface Connection {
  readonly connected: Promise<void>
  post(head: string, body: Buffer): Promise<Reply>
  destroy(): void
}

function createConnection(
  host: string,
  port: number,
  events: { readonly onIdle: () => void; readonly onClosed: () => void },
): Connection {
  const { promise: connected, resolve: isConnected } = Promise.withResolvers<void>()
  const state = { hasConnected: false }
  let waiting: { readonly sentAt: number; readonly resolve: (reply: Reply) => void } | null = null
  let received: Buffer = Buffer.alloc(0)
  const socket: Socket = connect({ host, port, noDelay: true })
  const answer = (reply: Omit<Reply, 'ms'>): void => {
    const request = waiting
    waiting = null
    received = Buffer.alloc(0)
    request?.resolve({ ...reply, ms: performance.now() - request.sentAt })
  }
  socket.once('connect', () => {
    state.hasConnected = true
    isConnected()
  })
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const reply = readReply(received)
    if (reply === null) return
    answer(reply)
    if (reply.isLast) socket.destroy()
    else events.onIdle()
  })
  socket.on('error', () => {}) // seen as a close
  socket.once('close', () => {
    events.onClosed()
    isConnected()
    const status = state.hasConnected ? CUT : NO_CONNECTION
    answer({ status, isLast: true, retryAfter: null, body: '' })
  })
  socket.once('end', () => socket.destroy())
  return {
    connected,
    destroy: () => socket.destroy(),
    post: (head, body) =>
      new Promise((resolve) => {
        waiting = { sentAt: performance.now(), resolve }
        socket.cork()
        socket.write(head)
        socket.write(body)
        socket.uncork()
      }),
  }
}

/** @returns null until the answer is whole. Ingest always says the length of its answers. */
export function readReply(received: Buffer): Omit<Reply, 'ms'> | null {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = received.toString('latin1', 0, headEnd).toLowerCase()
  const bodyEnd = headEnd + 4 + (numberAfter(head, '\r\ncontent-length: ') ?? 0)
  if (received.length < bodyEnd) return null
  return {
    status: Number(head.slice(9, 12)),
    isLast: head.includes('\r\nconnection: close'),
    retryAfter: numberAfter(head, '\r\nretry-after: '),
    body: received.toString('utf8', headEnd + 4, bodyEnd),
  }
}

function numberAfter(head: string, name: string): number | null {
  const at = head.indexOf(name)
  if (at < 0) return null
  return Number.parseInt(head.slice(at + name.length, at + name.length + 12), 10)
}
