import type { Readiness } from '@custom-events/runtime'
import type { IngestParts } from './parts.ts'

/**
 * Whether traffic should come here: Kafka takes what is produced, schemas and erasures are known, not draining. What only a
 * person can mend counts also where events go on being taken, such as a right on the topic of rejected events; what
 * passes there, or concerns some partitions, is named while it is ready.
 */
export function readiness(
  parts: Pick<IngestParts, 'lifecycle' | 'producer' | 'schemas' | 'erasures'>,
): Readiness {
  const { lifecycle, producer, schemas, erasures } = parts
  const against = [
    lifecycle.isDraining ? 'draining' : null,
    producer.notReadyReason,
    schemas.notReadyReason,
    erasures.notReadyReason,
    ...producer.troubles.map(({ isPermanent, text }) => (isPermanent ? text : null)),
  ].filter((reason) => reason !== null)
  const reasons = new Set([...against, ...producer.troubles.map(({ text }) => text)])
  return { isReady: against.length === 0, reasons: [...reasons] }
}
