import { REQUEST_CODES } from '@custom-events/event'
import type { RefusalWords } from './refusal.ts'

/**
 * For whom a path is. SDKs put keys into the body and the query, read only the errors of an answer,
 * and wait as long as `Retry-After` says only after a 429.
 */
export type Audience = 'own' | 'sdk'

/** The refusal in the words this audience understands: for SDKs every 503 is a 429. */
export function refusalFor(audience: Audience, refusal: RefusalWords): RefusalWords {
  if (audience === 'own' || REQUEST_CODES[refusal.code].status !== 503) return refusal
  const { message, headers, results } = refusal
  return { code: 'backpressure', message, headers, results }
}
