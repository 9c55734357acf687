import { REQUEST_CODES, type Audience } from '@custom-events/event'
import type { RefusalWords } from './refusal.ts'

/**
 * The refusal in the words this audience understands. SDKs wait as long as `Retry-After` says only after a 429:
 * for them every 503 is one.
 */
export function refusalFor(audience: Audience, refusal: RefusalWords): RefusalWords {
  if (audience === 'own' || REQUEST_CODES[refusal.code].status !== 503) return refusal
  const { message, headers, results } = refusal
  return { code: 'backpressure', message, headers, results }
}
