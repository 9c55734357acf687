import type { IncomingMessage } from 'node:http'
import { Refusal } from '../response/refusal.ts'
import type { IngestLimits } from '../limits.ts'

/**
 * Refuses what no well-meant client sends, before anything else looks at the request.
 *
 * @throws {Refusal} 400, 414, 417 or 431.
 */
export function guardRequest(request: IncomingMessage, limits: IngestLimits): void {
  if ((request.url ?? '').length > limits.maxUrlBytes) {
    throw new Refusal('uri_too_long', `a URL may have at most ${limits.maxUrlBytes} bytes`)
  }
  const headerCount = request.rawHeaders.length / 2
  if (headerCount > limits.maxHeaders) {
    throw new Refusal(
      'headers_too_large',
      `a request may have at most ${limits.maxHeaders} headers`,
    )
  }
  const hosts = countOf('host', request.rawHeaders)
  const isHostMissing = hosts === 0 && request.httpVersion !== '1.0'
  if (hosts > 1 || isHostMissing) {
    throw new Refusal('bad_request', `expected one Host header, got ${hosts}`)
  }
  // Node takes the first; what stands in front of us may have looked at the other.
  if (request.headers.authorization !== undefined) {
    const keys = countOf('authorization', request.rawHeaders)
    if (keys > 1) throw new Refusal('bad_request', `expected one Authorization header, got ${keys}`)
  }
  const { expect } = request.headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new Refusal('expectation_failed', 'only 100-continue can be expected')
  }
}

/** @param header in lower case. @param rawHeaders names and values in turn. */
function countOf(header: string, rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === header.length && name.toLowerCase() === header) count += 1
  }
  return count
}
