import type { ServerResponse } from 'node:http'
import type { Answer } from './answers.ts'

/** How long we go on reading from a client that is still sending when it is refused. */
const LINGER_MS = 500
/** A rest of a body of at most this size is read, so that the connection can be used again. */
const MAX_SKIPPED_BYTES = 64 * 1_024

/** Writes an answer; does nothing when the client is gone or was answered already. */
export function send(response: ServerResponse, answer: Answer, isDraining: boolean): void {
  const { status, headers } = answer
  const body = JSON.stringify(answer.body) // as text it goes out in one write with the headers
  sendBytes(
    response,
    { status, headers: { 'Cache-Control': 'no-store', ...headers }, body },
    isDraining,
  )
}

/** Writes an answer that is no JSON of ours, such as a page. */
export function sendBytes(
  response: ServerResponse,
  answer: Pick<Answer, 'status' | 'headers'> & { readonly body: Buffer | string },
  isDraining: boolean,
): void {
  if (response.headersSent || response.destroyed) return
  const { body } = answer
  const isCutOff = hasLongRest(response)
  response.writeHead(answer.status, {
    ...answer.headers,
    'Content-Length': Buffer.byteLength(body),
    ...(isCutOff || isDraining ? { Connection: 'close' } : {}),
  })
  if (isCutOff) linger(response, body)
  else {
    response.req.resume() // a short rest of a refused body
    response.end(body)
  }
}

/** Whether so much of the request is still to come that the connection is better closed. */
function hasLongRest({ req: request }: ServerResponse): boolean {
  if (request.complete) return false
  if (request.headers['transfer-encoding'] !== undefined) return true
  return Number(request.headers['content-length'] ?? 0) > MAX_SKIPPED_BYTES
}

/**
 * Closing while the client still sends makes its system throw our answer away (RFC 9112, 9.6): the
 * answer is written whole, then we read and forget for a moment before closing.
 */
function linger(response: ServerResponse, body: Buffer | string): void {
  response.write(body)
  const { req: request } = response
  const close = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(close, LINGER_MS)
  request.once('end', close).once('close', close).resume()
}
