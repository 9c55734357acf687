import type { RequestListener } from 'node:http'
import { performance } from 'node:perf_hooks'
import { answerRefused } from './answers.ts'
import { refusalFor, type Audience } from './audience.ts'
import { createCongestion, type LoopLook } from './congestion.ts'
import { allowOrigin } from './cors.ts'
import type { IngestParts } from './parts.ts'
import { NOISE_PATHS, OWN_PATHS, SDK_PATHS, VALIDATE_PATH } from './paths.ts'
import { Refusal } from './refusal.ts'
import { requestIdFrom } from './request-id.ts'
import { sendBytes } from './send.ts'

const AUDIENCES: ReadonlyMap<string, Audience> = new Map([
  ...[...OWN_PATHS, VALIDATE_PATH].map((path) => [path, 'own'] as const),
  ...[...SDK_PATHS, ...NOISE_PATHS].map((path) => [path, 'sdk'] as const),
])

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
export function turnAway(
  parts: Pick<IngestParts, 'lifecycle' | 'metrics' | 'retryAdvice' | 'settings'>,
  handle: RequestListener,
  look: () => LoopLook = lookAtLoop,
): RequestListener {
  const { lifecycle, retryAdvice, settings } = parts
  const congestion = createCongestion()
  const own = prepare(parts, 'own')
  const sdk = prepare(parts, 'sdk')
  return (request, response) => {
    const audience = request.method === 'POST' ? audienceOf(request.url ?? '') : undefined
    const isForOthers = audience === undefined || lifecycle.isDraining
    if (isForOthers || !congestion.refuses(look())) return handle(request, response)
    const { status, headers, texts, count } = audience === 'own' ? own : sdk
    count()
    allowOrigin(request, response, settings.allowedOrigins)
    const requestId = requestIdFrom(request.headers['x-request-id'])
    const advice = String(retryAdvice.seconds())
    const rest = { 'Retry-After': advice, 'X-Request-Id': requestId }
    const body = texts.join(requestId)
    sendBytes(response, { status, headers: { ...headers, ...rest }, body }, false)
  }
}

function lookAtLoop(): LoopLook {
  const { uvMetricsInfo, idleTime } = performance.nodeTiming
  return { nowMs: performance.now(), turn: uvMetricsInfo.loopCount, idleMs: idleTime }
}

function audienceOf(url: string): Audience | undefined {
  const query = url.indexOf('?')
  return AUDIENCES.get(query < 0 ? url : url.slice(0, query))
}

/** The answer in the words of every other refusal, cut where the id of the request belongs. */
function prepare({ metrics }: Pick<IngestParts, 'metrics'>, audience: Audience) {
  const refusal = refusalFor(audience, new Refusal('overloaded', DETAIL))
  const { status, headers, body } = answerRefused(refusal, {
    requestId: ID,
    shownResults: 'none',
    hasReceipts: false,
  })
  const shed = metrics.shed.labels({ reason: 'event_loop' })
  const answered = metrics.requests.labels({ status: String(status) })
  return {
    status,
    headers: { ...headers, 'Cache-Control': 'no-store' },
    texts: JSON.stringify(body).split(ID),
    count: () => {
      shed.inc()
      answered.inc()
    },
  }
}
