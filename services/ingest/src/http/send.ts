import { UNREAD_ANSWERS } from '../limits.ts'
import { answerText, type AnswerText } from '../response/answer-text.ts'
import type { Answer } from '../response/answers.ts'
import { isAbsurdlyCut } from './framing.ts'
import { declaredBytes, ours, type BodySink, type IngestResponse } from './messages.ts'

/** How long we go on reading from a client that is still sending when it is refused. */
const LINGER_MS = 500
/** A rest of a body of at most this size is read, so that the connection can be used again. */
const MAX_SKIPPED_BYTES = 64 * 1_024

/** Writes an answer; does nothing when the client is gone or was answered already. */
export function send(response: IngestResponse, answer: Answer, isDraining: boolean): void {
  sendText(response, answerText(answer), isDraining)
}

/** The same of an answer that is text already; as text it goes out in one write with the headers. */
export function sendText(
  response: IngestResponse,
  { status, headers, text }: AnswerText,
  isDraining: boolean,
): void {
  sendBody(
    response,
    { status, headers: { 'Cache-Control': 'no-store', ...headers }, body: text },
    isDraining,
  )
}

/** Writes an answer that is no JSON of ours, such as a page, or one whose text is made already. */
export function sendBody(
  response: IngestResponse,
  answer: Pick<Answer, 'status' | 'headers'> & { readonly body: Buffer | string },
  isDraining: boolean,
): void {
  if (response.headersSent || response.destroyed) return
  const { body } = answer
  const isCutOff = hasLongRest(response)
  const head = everyAnswer(response)
  for (const name in answer.headers) head.push(name, answer.headers[name] ?? '')
  const bytes = Buffer.byteLength(body)
  head.push('Content-Length', String(bytes))
  if (isCutOff || isDraining) head.push('Connection', 'close')
  // As an array: an object would be merged with what `setHeader` was given, header by header.
  response.writeHead(answer.status, head)
  if (isCutOff) linger(response, body)
  else {
    skipRest(response)
    endWith(response, body, bytes)
  }
}

/** Headers of every answer, names and values in turn. */
export function everyAnswer({ requestId, allowedOrigin }: IngestResponse): string[] {
  const head = ['X-Request-Id', requestId, 'Vary', 'Origin', 'X-Content-Type-Options', 'nosniff']
  if (allowedOrigin !== null) {
    head.push('Access-Control-Allow-Origin', allowedOrigin)
    head.push('Access-Control-Allow-Credentials', 'true')
    head.push('Access-Control-Expose-Headers', EXPOSED)
  }
  return head
}

const EXPOSED = [
  'Retry-After',
  'X-Request-Id',
  'X-Track-Accepted',
  'X-Track-Rejected',
  'X-Track-Warnings',
  'RateLimit',
  'RateLimit-Policy',
].join(', ')

/** ASCII is written as it is kept; for other text every character has to be looked at. */
export function endWith(response: IngestResponse, body: Buffer | string, bytes: number): void {
  response.end(body, bytes === body.length ? 'latin1' : 'utf8')
  // The bytes of a page are those of every other answer that is the same page.
  if (bytes >= UNREAD_ANSWERS.fromBytes && typeof body === 'string') response.noteLarge()
}

/** Reads and forgets a short rest of a refused body, without the events and buffers of a stream. */
function skipRest({ req }: IngestResponse): void {
  const request = ours(req)
  if (!request.isBodyTaken) request.giveBodyTo(FORGOTTEN)
}

const FORGOTTEN: BodySink = { onChunk: () => {}, onEnd: () => {}, onGone: () => {} }

/** Whether so much of the request is still to come that the connection is better closed. */
function hasLongRest({ req: request }: IngestResponse): boolean {
  if (request.complete) return false
  if (request.headers['transfer-encoding'] !== undefined) return true
  return declaredBytes(request) > MAX_SKIPPED_BYTES
}

/**
 * Closing while the client still sends makes its system throw our answer away (RFC 9112, 9.6): the
 * answer is written whole, then we read and forget for a moment before closing.
 */
function linger(response: IngestResponse, body: Buffer | string): void {
  response.write(body)
  const request = ours(response.req)
  const close = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(close, LINGER_MS)
  let [bytes, pieces] = [0, 0]
  const onChunk = ({ length }: Buffer): void => {
    bytes += length
    pieces += 1
    if (isAbsurdlyCut(bytes, pieces)) request.socket.pause() // it is not worth reading
  }
  request.giveBodyTo({ onChunk, onEnd: close, onGone: close })
}
