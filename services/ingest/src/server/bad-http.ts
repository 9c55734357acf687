import type { Socket } from 'node:net'
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { RequestCode } from '@custom-events/event'
import { answerRefused, type Answer } from '../response/answers.ts'
import { Refusal } from '../response/refusal.ts'

/** What Node's HTTP parser refused, told in our shape. */
export function refusalOfParser(error: Error): Refusal {
  const code = 'code' in error ? error.code : undefined
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Refusal('headers_too_large', 'the headers are larger than 16 KiB')
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal('body_timeout', 'the request was not complete in time')
  }
  return new Refusal('bad_request', 'this is not a valid HTTP request')
}

/**
 * Answers bytes that are no HTTP request and closes: what follows them cannot be trusted.
 *
 * @returns what it was refused for; `null` when nobody is left to answer.
 */
export function answerBadHttp(socket: Socket, error: Error): RequestCode | null {
  const isGone = 'code' in error && error.code === 'ECONNRESET'
  if (isGone || !socket.writable) {
    socket.destroy()
    return null
  }
  const refusal = refusalOfParser(error)
  answerRaw(socket, refusal)
  return refusal.code
}

/** Answers a CONNECT, for which Node makes no response; without an answer it would just hang up. */
export function answerConnect(socket: Socket): void {
  const headers = { Allow: 'GET, HEAD, POST, OPTIONS' }
  answerRaw(socket, new Refusal('method_not_allowed', 'this is no proxy', { headers }))
}

function answerRaw(socket: Socket, refusal: Refusal): void {
  const requestId = randomUUID()
  const answer = answerRefused(refusal, { requestId, shownResults: 'none', hasReceipts: false })
  socket.end(rawAnswer(answer, requestId), () => socket.destroy())
}

function rawAnswer({ status, headers, body }: Answer, requestId: string): string {
  const text = JSON.stringify(body)
  const lines = Object.entries({
    ...headers,
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
    'Content-Length': String(Buffer.byteLength(text)),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
