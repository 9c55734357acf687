import { answerOptionsFrom } from './answer-options.ts'
import { answerKept, type EventResult } from './answers.ts'
import { openDoor, takeCall } from './call.ts'
import { countOutcomes } from './metrics.ts'
import type { IngestParts } from './parts.ts'
import type { Handle } from './routes.ts'
import { send } from './send.ts'
import { notAnEvent } from './verdicts.ts'

/**
 * Takes what SDKs send beside events (`identify`, `page`, …) and keeps none of it: an SDK that is
 * refused would report an error to its app, or send it again for ever.
 */
export function createIgnore(parts: IngestParts): Handle {
  const door = openDoor(parts, { audience: 'sdk', needsKafka: false })
  return (request, response) =>
    takeCall(parts, door, request, response, async ({ envelope, requestId }) => {
      const ignored: EventResult = { status: 'ignored', reason: notAnEvent(callOf(request.url)) }
      const results = envelope.events.map(() => ignored)
      parts.metrics.received.inc(results.length)
      countOutcomes(parts.metrics, results)
      const options = answerOptionsFrom(request, requestId, door.audience)
      send(response, answerKept(results, options), parts.lifecycle.isDraining)
    })
}

/** The last part of the path: `identify`, or what Segment's browser SDK says for it. */
function callOf(url = ''): string {
  return url.split('?', 1)[0]?.split('/').at(-1) ?? ''
}
