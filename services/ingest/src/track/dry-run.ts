import { partitionOfEvent } from '@custom-events/event'
import { answerOptionsFrom } from '../request/answer-options.ts'
import { answerAccepted } from '../response/answers.ts'
import { openEndpoint, takeCall } from '../request/call.ts'
import { createJudge } from './judge.ts'
import { limited, takeLimit } from '../rate-limit/limited.ts'
import type { IngestParts } from '../parts.ts'
import type { Handle } from '../http/route.ts'
import { send } from '../http/send.ts'
import { mayProduce, refusalOf, resultsOf, type Judged, type Produced } from './verdicts.ts'

/**
 * Answers as `/track` would, with each event as it would be stored and its partition, but keeps
 * nothing: not the events, not the rejected ones, no count of them. Works while Kafka is away.
 */
export function createDryRun(parts: IngestParts): Handle {
  const endpoint = openEndpoint(parts, { audience: 'own', needsKafka: false })
  const { plans, settings, erasures, unusual } = parts
  const judge = createJudge({ ...settings, plans, erased: erasures.ids, unusual })
  return (request, response) =>
    takeCall(parts, endpoint, request, response, async (call) => {
      const judged = await judge(call)
      // It costs the work of an event that is accepted.
      const limit = takeLimit(parts, { judged, key: call.key, mayProduce: false })
      if (limit.refusedBy !== null) throw limited(limit, resultsOf(judged, [], 'rate_limited'))
      const produced = mayProduce(judged, call.isStrict) ? pretendToProduce(parts, judged) : []
      const results = resultsOf(judged, produced)
      const refusal = refusalOf(results, call.isStrict)
      if (refusal !== null) throw refusal
      const options = answerOptionsFrom(request, call.requestId, endpoint.audience)
      const answer = answerAccepted(results, { ...options, hasPreviews: true, hasReceipts: false })
      const message = `nothing was kept; /track would have ${String(answer.body['message'])}`
      const body = { ...answer.body, message, dry_run: true }
      const headers = { ...answer.headers, ...limit.headers }
      send(response, { ...answer, headers, body }, parts.lifecycle.isDraining)
    })
}

function pretendToProduce({ settings }: IngestParts, judged: readonly Judged[]): Produced[] {
  const placement = settings.place()
  return judged.flatMap(({ verdict }) => {
    if (verdict.status !== 'accepted') return []
    const { topic } = placement
    const place = { topic, partition: partitionOfEvent(verdict.event, placement) }
    return [{ place, outcome: { status: 'acknowledged', offset: 0 } } as const]
  })
}
