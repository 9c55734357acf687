import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { RequestCode } from '@custom-events/event'
import type { IngestApp } from '../http/ingest-app.ts'
import { answerBadHttp, answerConnect } from './bad-http.ts'
import { declaredBytes } from '../http/messages.ts'
import { createConnections, type Connections } from './connections.ts'
import type { ClosedForRoom } from '../metrics.ts'
import { createPipelined, type Pipelined } from './pipelined.ts'
import type { createLifecycle } from './lifecycle.ts'

/** Bounds of the HTTP server; times in milliseconds. */
export interface ServerLimits {
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** Longer than the balancer's, or it uses connections that are just being closed. */
  readonly keepAliveTimeoutMs: number
  /** A connection is cut on which nothing moves for so long while a request comes or its answer goes. */
  readonly silenceTimeoutMs: number
  /** For one more those are closed that have been idle for the longest time. */
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
  silenceTimeoutMs: 30_000,
  maxConnections: 5_000,
  maxRequestsPerConnection: 100_000,
  drainDelayMs: 500,
  drainTimeoutMs: 9_000,
}

export interface IngestServer extends AsyncDisposable {
  readonly port: number
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
  /** Told of connections that were closed because there were too many. @default nobody */
  readonly onClosedForRoom?: (which: ClosedForRoom, count: number) => void
}): Promise<IngestServer> {
  const { lifecycle, limits = SERVER_LIMITS } = options
  const { maxRequestsPerConnection } = limits
  const connections = createConnections(
    limits.maxConnections,
    options.onClosedForRoom ?? (() => {}),
  )
  const pipelined = createPipelined()
  const listen = (
    request: IncomingMessage,
    response: ServerResponse,
    handle: RequestListener,
  ): void => {
    // Closed with the answer to its last request. Node's `maxRequestsPerSocket` only says `Connection: close`,
    // leaves it open, and answers what still comes with a 503 without a body.
    if (connections.asked(response) >= maxRequestsPerConnection) response.shouldKeepAlive = false
    pipelined.whenAlone(response, () => handle(request, response))
  }
  const handle: RequestListener = (request, response) => listen(request, response, options.handle)
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
  server.on('connection', connections.opened) // not Node's `maxConnections`, which closes the new ones
  server.timeout = limits.silenceTimeoutMs // who reads no answers would stay for ever: Node's own is none
  server.maxHeadersCount = 1_000 // above ours: Node drops what is beyond, the guard refuses
  answerParserErrors(server, { ...connections, ...pipelined }, options.onBadHttp ?? (() => {}))
  server.on('checkContinue', (request: IncomingMessage, response) => {
    listen(request, response, () => {
      options.handle(request, response)
      // Only then: what was refused early must not be asked for its body.
      const isWanted = !response.headersSent && declaredBytes(request) <= options.maxBodyBytes
      if (isWanted) response.writeContinue()
    })
  })
  server.on('checkExpectation', handle)
  server.on('connect', (_request, duplex) => {
    // http.Server always hands over a net.Socket; its type says Duplex for the sake of others.
    const socket = duplex.on('error', () => {}) as Socket
    void whenAnswered(connections.openOf(socket)).then(() => answerConnect(socket))
  })
  // In a burst more may wait than Node's 511; a SYN that finds no room is sent again after 1, 3, 7, 15 s.
  server.listen({ port: options.port, host: options.host, backlog: limits.maxConnections })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is never a string
    [Symbol.asyncDispose]: () => drain(server, lifecycle, limits),
  }
}

/**
 * What the parser refuses is answered only after the whole requests before it on the same
 * connection, or their client would take our 400 for their answer.
 */
function answerParserErrors(
  server: Server,
  { openOf, isHeld }: Connections & Pipelined,
  onBadHttp: (code: RequestCode, address: string | undefined) => void,
): void {
  const failed = new WeakSet<Socket>()
  server.on('clientError', (error, duplex) => {
    // http.Server always hands over a net.Socket; its type says Duplex for the sake of others.
    const socket = duplex as Socket
    if (failed.has(socket)) return
    // It waits for us: the time for its body begins when its turn has come.
    if (isHeld(socket) && 'code' in error && error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return
    failed.add(socket)
    const whole = openOf(socket).filter(({ req }) => req.complete)
    void whenAnswered(whole).then(() => {
      if (openOf(socket).some((open) => open.headersSent)) socket.destroy()
      else {
        const { remoteAddress } = socket
        const code = answerBadHttp(socket, error)
        if (code !== null) onBadHttp(code, remoteAddress)
      }
    })
  })
}

/** Resolves when all are over, in whatever way. */
async function whenAnswered(responses: readonly ServerResponse[]): Promise<void> {
  await Promise.allSettled(responses.map((response) => once(response, 'close')))
}

export async function drain(
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
