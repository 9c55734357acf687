import type { RequestListener } from 'node:http'
import { performance } from 'node:perf_hooks'
import { answerRefused } from '../response/answers.ts'
import type { Audience } from '@custom-events/event'
import { createCongestion } from './congestion.ts'
import type { LoopLook } from './loop-look.ts'
import { allowOrigin } from '../http/cors.ts'
import type { IngestApp } from '../http/ingest-app.ts'
import { ours, requestIdFrom } from '../http/messages.ts'
import type { IngestMetrics } from '../metrics.ts'
import type { Lifecycle } from '../server/lifecycle.ts'
import type { IngestSettings } from '../settings.ts'
import type { RetryAdvice } from './retry-after.ts'
import { Refusal, refusalFor } from '../response/refusal.ts'
import { sendBody } from '../http/send.ts'

/** What refusing requests at once works with. */
interface RefuseEarlyParts {
  readonly lifecycle: Lifecycle
  readonly metrics: Pick<IngestMetrics, 'refusedForLoad' | 'requests'>
  readonly retryAdvice: RetryAdvice
  readonly settings: Pick<IngestSettings, 'allowedOrigins'>
}

/** Stands in the prepared text where the id of the request belongs. */
const ID = '<request id>'
const DETAIL = 'requests come faster than they can be taken; nothing was taken'

/**
 * Refuses what comes faster than it can be judged, before anything else looks at it: in overload most
 * requests are refused, and each takes time that those which are taken would need. So the answer is
 * written beforehand, but for the request's id.
 *
 * @param look at the event loop.
 */
export function refuseEarly(
  parts: RefuseEarlyParts,
  handle: IngestApp,
  look: () => LoopLook = createLook(),
): IngestApp {
  const { lifecycle, retryAdvice, settings } = parts
  const congestion = createCongestion()
  const own = prepare(parts, 'own')
  const sdk = prepare(parts, 'sdk')
  const listen: RequestListener = (request, incoming) => {
    const audience = request.method === 'POST' ? handle.audienceOf(request.url ?? '') : undefined
    const isForOthers = audience === undefined || lifecycle.isDraining
    if (isForOthers || !congestion.refuses(look())) return handle(request, incoming)
    const response = ours(incoming)
    const { status, headers, texts, count } = audience === 'own' ? own : sdk
    count()
    allowOrigin(request, response, settings.allowedOrigins)
    response.requestId = requestIdFrom(request.headers['x-request-id'])
    const rest = { 'Retry-After': String(retryAdvice.seconds()) }
    const body = texts.join(response.requestId)
    sendBody(response, { status, headers: { ...headers, ...rest }, body }, false)
  }
  return Object.assign(listen, { messages: handle.messages, audienceOf: handle.audienceOf })
}

/**
 * Requests come while the loop polls; what is set for behind that ends the turn. So Node is asked once a turn
 * which one it is, and not for each request.
 */
function createLook(): () => LoopLook {
  let turn = 0
  let idleMs = 0
  let isLookedAt = false
  const endTurn = (): void => {
    isLookedAt = false
  }
  return () => {
    if (!isLookedAt) {
      const { uvMetricsInfo, idleTime } = performance.nodeTiming
      turn = uvMetricsInfo.loopCount
      idleMs = idleTime
      isLookedAt = true
      setImmediate(endTurn)
    }
    return { nowMs: performance.now(), turn, idleMs }
  }
}

/** The answer in the words of every other refusal, cut where the id of the request belongs. */
function prepare({ metrics }: Pick<RefuseEarlyParts, 'metrics'>, audience: Audience) {
  const refusal = refusalFor(audience, new Refusal('overloaded', DETAIL))
  const { status, headers, body } = answerRefused(refusal, {
    requestId: ID,
    shownResults: 'none',
    hasReceipts: false,
  })
  const refused = metrics.refusedForLoad.labels({ reason: 'event_loop' })
  const answered = metrics.requests.labels({ status: String(status) })
  return {
    status,
    headers: { ...headers, 'Cache-Control': 'no-store' },
    texts: JSON.stringify(body).split(ID),
    count: () => {
      refused.inc()
      answered.inc()
    },
  }
}
