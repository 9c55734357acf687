import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { RequestCode } from '@custom-events/event'
import type { IngestApp } from './app.ts'
import { answerBadHttp, answerConnect } from './bad-http.ts'
import { declaredBytes } from './body.ts'
import type { Lifecycle } from './parts.ts'

/** Bounds of the HTTP server; times in milliseconds. */
export interface ServerLimits {
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** Longer than the balancer's, or it uses connections that are just being closed. */
  readonly keepAliveTimeoutMs: number
  readonly maxConnections: number
  readonly maxRequestsPerConnection: number
  /** On drain: new requests are still answered (503) for so long, until balancers have noticed. */
  readonly drainDelayMs: number
  /** On drain: connections that are still open after this are cut. */
  readonly drainTimeoutMs: number
}

export const SERVER_LIMITS: ServerLimits = {
  maxHeaderBytes: 16 * 1_024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 65_000,
  maxConnections: 5_000,
  maxRequestsPerConnection: 100_000,
  drainDelayMs: 500,
  drainTimeoutMs: 9_000,
}

export interface IngestServer extends AsyncDisposable {
  readonly port: number
}

/** Set on drain and seen by everything that asks whether to take more. */
export function createLifecycle(): Lifecycle & { drain(): void } {
  let isDraining = false
  return {
    get isDraining() {
      return isDraining
    },
    drain: () => {
      isDraining = true
    },
  }
}

/**
 * Listens; disposing drains: not ready, then no new connections, then every taken request answered.
 *
 * @throws when the port is taken.
 */
export async function startIngestServer(options: {
  readonly handle: IngestApp
  readonly host: string
  readonly port: number
  readonly maxBodyBytes: number
  readonly lifecycle: ReturnType<typeof createLifecycle>
  readonly limits?: ServerLimits
  /** Told of bytes that are no HTTP request. @default nobody */
  readonly onBadHttp?: (code: RequestCode, address: string | undefined) => void
}): Promise<IngestServer> {
  const { lifecycle, limits = SERVER_LIMITS } = options
  const { maxRequestsPerConnection } = limits
  const connections = new WeakMap<Socket, Connection>()
  const handle: RequestListener = (request, response) => {
    noteRequest(connections, response, maxRequestsPerConnection)
    options.handle(request, response)
  }
  const server = createServer(
    {
      ...options.handle.messages,
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false, // checked by the guard, which answers in our shape
      noDelay: true,
    },
    handle,
  )
  // A client may end its sending side and still wait for its answer; Node's typings leave this out.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.maxConnections = limits.maxConnections
  server.maxHeadersCount = 1_000 // above ours: Node drops what is beyond, the guard refuses
  answerParserErrors(server, connections, options.onBadHttp ?? (() => {}))
  server.on('checkContinue', (request: IncomingMessage, response) => {
    handle(request, response)
    // Only then: what was turned away at once must not be asked for its body.
    const isWanted = !response.headersSent && declaredBytes(request) <= options.maxBodyBytes
    if (isWanted) response.writeContinue()
  })
  server.on('checkExpectation', handle)
  // http.Server always hands over a net.Socket; its type says Duplex for the sake of others.
  server.on('connect', (_request, duplex) => answerConnect(duplex.on('error', () => {}) as Socket))
  // In a burst more may wait than Node's 511; a SYN that finds no room is sent again after 1, 3, 7, 15 s.
  server.listen({ port: options.port, host: options.host, backlog: limits.maxConnections })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is never a string
    [Symbol.asyncDispose]: () => drain(server, lifecycle, limits),
  }
}

/** What is known of a connection. A response that is over is not kept: it holds its request, and that its body. */
interface Connection {
  requests: number
  /** Those that came before the one ahead of them was answered, and are perhaps answered now. */
  queued: readonly ServerResponse[]
}

/**
 * Closes a connection with the answer to its last request. Node's `maxRequestsPerSocket` only says
 * `Connection: close`, leaves it open, and answers what still comes with a 503 without a body.
 */
function noteRequest(
  connections: WeakMap<Socket, Connection>,
  response: ServerResponse,
  maxRequests: number,
): void {
  const { socket } = response.req
  let connection = connections.get(socket)
  if (connection === undefined) {
    connection = { requests: 0, queued: [] }
    connections.set(socket, connection)
  }
  connection.requests += 1
  if (connection.requests >= maxRequests) response.shouldKeepAlive = false
  const isQueued = response.socket === null // Node gives it the socket when its turn has come
  if (isQueued) connection.queued = [...connection.queued.filter(isOpen), response]
  else if (connection.queued.length > 0) connection.queued = []
}

function isOpen({ closed }: ServerResponse): boolean {
  return !closed
}

/** With the response that Node is writing to it. */
interface AnsweringSocket extends Socket {
  readonly _httpMessage?: ServerResponse | null
}

/**
 * What the parser refuses is answered only after the whole requests before it on the same
 * connection, or their client would take our 400 for their answer.
 */
function answerParserErrors(
  server: Server,
  connections: WeakMap<Socket, Connection>,
  onBadHttp: (code: RequestCode, address: string | undefined) => void,
): void {
  const failed = new WeakSet<Socket>()
  const openOf = (socket: AnsweringSocket): readonly ServerResponse[] => {
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    const current = socket._httpMessage ?? null
    const queued = (connections.get(socket)?.queued ?? []).filter((one) => one !== current)
    return (current === null ? queued : [current, ...queued]).filter(isOpen)
  }
  server.on('clientError', (error, duplex) => {
    // http.Server always hands over a net.Socket; its type says Duplex for the sake of others.
    const socket = duplex as Socket
    if (failed.has(socket)) return
    failed.add(socket)
    const whole = openOf(socket).filter(({ req }) => req.complete)
    const answered = whole.map((response) => once(response, 'close'))
    void Promise.allSettled(answered).then(() => {
      if (openOf(socket).some((open) => open.headersSent)) socket.destroy()
      else {
        const { remoteAddress } = socket
        const code = answerBadHttp(socket, error)
        if (code !== null) onBadHttp(code, remoteAddress)
      }
    })
  })
}

async function drain(
  server: Server,
  lifecycle: ReturnType<typeof createLifecycle>,
  limits: ServerLimits,
): Promise<void> {
  lifecycle.drain()
  const cut = setTimeout(() => server.closeAllConnections(), limits.drainTimeoutMs)
  await delay(limits.drainDelayMs)
  const closed = once(server, 'close')
  // Not http.Server's own close: that also cuts connections whose first request is just arriving.
  NetServer.prototype.close.call(server)
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}

const IDLE_SWEEP_MS = 100
