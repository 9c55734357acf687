import type { Call } from '../request/read-call.ts'
import { readEnvelope } from '../request/envelope.ts'
import { ANYBODY } from '../auth/write-keys.ts'
import { INGEST_LIMITS } from '../limits.ts'

/** A request that was taken, of a JSON body. */
export function callOf(body: string | Buffer, changes: Partial<Call> = {}): Call {
  return {
    requestId: 'r-1',
    key: ANYBODY,
    audience: 'own',
    receivedAt: Date.UTC(2026, 0, 31),
    isStrict: false,
    headers: {},
    envelope: readEnvelope(Buffer.from(body), 'application/json', INGEST_LIMITS),
    ...changes,
  }
}
