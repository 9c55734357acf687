import type { IngestResponse } from './messages.ts'

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
