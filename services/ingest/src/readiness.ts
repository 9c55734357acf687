import type { Readiness } from '@custom-events/service'
import type { IngestParts } from './parts.ts'

/** Whether traffic should come here: Kafka reachable, schemas known, not draining. */
export function readiness(
  parts: Pick<IngestParts, 'lifecycle' | 'producer' | 'schemas'>,
): Readiness {
  const reasons = [
    parts.lifecycle.isDraining ? 'draining' : null,
    parts.producer.notReadyReason,
    parts.schemas.notReadyReason,
  ].filter((reason) => reason !== null)
  return { isReady: reasons.length === 0, reasons }
}
