import { answerOptionsFrom } from '../request/answer-options.ts'
import { answerAccepted } from '../response/answers.ts'
import { openEndpoint, takeCall } from '../request/call.ts'
import { limited, takeLimit } from '../rate-limit/limited.ts'
import { countOutcomes } from '../metrics.ts'
import type { IngestParts } from '../parts.ts'
import type { Handle } from '../http/route.ts'
import { send } from '../http/send.ts'
import { notAnEvent, type Judged } from './verdicts.ts'

/**
 * Takes what SDKs send beside events (`identify`, `page`, …) and keeps none of it: an SDK that is
 * refused would report an error to its app, or send it again for ever.
 */
export function createIgnore(parts: IngestParts): Handle {
  const endpoint = openEndpoint(parts, { audience: 'sdk', needsKafka: false })
  return (request, response) =>
    takeCall(parts, endpoint, request, response, async ({ envelope, key, requestId }) => {
      const verdict = { status: 'ignored', reason: notAnEvent(callOf(request.url)) } as const
      const judged = envelope.events.map((input): Judged => ({ input, verdict }))
      const results = judged.map(() => verdict)
      parts.metrics.received.inc(results.length)
      countOutcomes(parts.metrics, results)
      const limit = takeLimit(parts, { judged, key, mayProduce: false })
      if (limit.refusedBy !== null) throw limited(limit, results)
      const options = answerOptionsFrom(request, requestId, endpoint.audience)
      const answer = answerAccepted(results, options)
      const headers = { ...answer.headers, ...limit.headers }
      send(response, { ...answer, headers }, parts.lifecycle.isDraining)
    })
}

/** The last part of the path: `identify`, or what Segment's browser SDK says for it. */
function callOf(url = ''): string {
  return url.split('?', 1)[0]?.split('/').at(-1) ?? ''
}
