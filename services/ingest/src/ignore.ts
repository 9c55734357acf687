import { answerOptionsFrom } from './answer-options.ts'
import { answerKept, type EventResult } from './answers.ts'
import { openDoor, takeCall } from './call.ts'
import { countOutcomes } from './metrics.ts'
import type { IngestParts } from './parts.ts'
import type { Handle } from './routes.ts'
import { send } from './send.ts'

/**
 * Takes what SDKs send beside events (`identify`, `page`, …) and keeps none of it: an SDK that is
 * refused would report an error to its app, or send it again for ever.
 */
export function createIgnore(parts: IngestParts): Handle {
  const door = openDoor(parts, { audience: 'sdk', needsKafka: false })
  return (request, response) =>
    takeCall(parts, door, request, response, async ({ envelope, requestId }) => {
      const results = envelope.events.map((): EventResult => ({ status: 'ignored' }))
      parts.metrics.received.inc(results.length)
      countOutcomes(parts.metrics, results)
      const options = answerOptionsFrom(request, requestId, door.audience)
      send(response, answerKept(results, options), parts.lifecycle.isDraining)
    })
}
