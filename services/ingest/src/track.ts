import type { OutgoingRecord } from '@custom-events/kafka'
import { createEventCodec } from '@custom-events/codec'
import { REQUEST_CODES } from '@custom-events/event'
import { answerOptionsFrom } from './answer-options.ts'
import { answerKept, type EventResult } from './answers.ts'
import type { Audience } from './audience.ts'
import { besideText } from './beside.ts'
import { openDoor, takeCall, type Call } from './call.ts'
import { encode } from './encode.ts'
import { contextOf, createJudge, type Judge } from './judge.ts'
import { countOutcomes } from './metrics.ts'
import type { IngestParts } from './parts.ts'
import { createProduceWithin, type ProduceWithin } from './produce-within.ts'
import type { Handle } from './routes.ts'
import { send } from './send.ts'
import type { LimitDecision } from './rate-limits.ts'
import { Refusal } from './refusal.ts'
import { mayProduce, refusalOf, resultsOf } from './verdicts.ts'
import type { Judged, Produced } from './verdicts.ts'

/**
 * The way of a request to track events: normalise, validate, encode, produce, answer. Every event is
 * judged before the first is produced; nothing is answered before Kafka has acknowledged.
 *
 * @returns a handler that throws `Refusal` or `ClientGone` when the request cannot be answered 200.
 */
export function createTrack(parts: IngestParts, audience: Audience): Handle {
  const tools = {
    ...parts,
    judge: createJudge({ ...parts.settings, plans: parts.plans, hasLane: true }),
    codec: createEventCodec(),
    produceWithin: createProduceWithin(parts.producer, parts.settings.limits.answerTimeoutMs),
  }
  const door = openDoor(parts, { audience, needsKafka: true })
  return (request, response) =>
    takeCall(parts, door, request, response, async (call) => {
      const { results, limit } = await track(tools, call)
      const options = answerOptionsFrom(request, call.requestId, audience)
      const answer = answerKept(results, options)
      const withLimits = { ...answer, headers: { ...answer.headers, ...limit.headers } }
      send(response, withLimits, parts.lifecycle.isDraining)
    })
}

type Tools = IngestParts & {
  readonly judge: Judge
  readonly codec: ReturnType<typeof createEventCodec>
  readonly produceWithin: ProduceWithin
}

async function track(tools: Tools, call: Call): Promise<Settled> {
  const settled = await settle(tools, call)
  const refusal = refusalOfSettled(settled, call)
  const willBeResent = refusal !== null && REQUEST_CODES[refusal.code].isRetryable
  if (!willBeResent) keepRejected(tools, settled.judged, call) // a resent request brings them again
  if (refusal !== null) throw refusal
  return settled
}

interface Settled {
  readonly judged: readonly Judged[]
  readonly results: readonly EventResult[]
  readonly limit: LimitDecision
}

/** Decides every event's fate and counts it; an event that entered is counted even on a bug. */
async function settle(tools: Tools, call: Call): Promise<Settled> {
  const { metrics } = tools
  const { events } = call.envelope
  metrics.received.inc(events.length)
  try {
    const judged = await tools.judge(call)
    const isProducible = mayProduce(judged, call.isStrict)
    const limit = tools.rateLimits.take(judged, call.key, isProducible)
    if (limit.refusedBy !== null) metrics.rateLimited.inc({ limit: limit.refusedBy })
    const isTaken = isProducible && limit.refusedBy === null
    const produced = isTaken ? await produce(tools, encode(tools, judged)) : []
    const results = resultsOf(
      judged,
      produced,
      limit.refusedBy === null ? 'request_refused' : 'rate_limited',
    )
    countOutcomes(metrics, results)
    return { judged, results, limit }
  } catch (error) {
    metrics.unacknowledged.inc({ reason: 'internal_error' }, events.length)
    throw error
  }
}

function refusalOfSettled({ results, limit }: Settled, { isStrict }: Call): Refusal | null {
  const { refusedBy, headers } = limit
  if (refusedBy === null) return refusalOf(results, isStrict)
  const whose = refusedBy === 'key' ? 'this write key' : 'an account of this request'
  const detail = `too many events of ${whose}; nothing was kept; resend the same body`
  return new Refusal('rate_limited', detail, { headers, results })
}

async function produce(
  tools: Tools,
  records: readonly OutgoingRecord[],
): Promise<readonly Produced[]> {
  if (records.length === 0) return []
  const outcomes = await tools.produceWithin(records)
  if (outcomes.every(({ status }) => status === 'acknowledged')) tools.retryAdvice.succeeded()
  return records.flatMap((place, index) => {
    const outcome = outcomes[index]
    return outcome === undefined ? [] : [{ place, outcome }]
  })
}

function keepRejected(tools: Tools, judged: readonly Judged[], call: Call): void {
  const refused = judged.flatMap(({ input, verdict }) => {
    if (verdict.status !== 'rejected') return []
    return [{ input, problems: verdict.problems, known: verdict.known }]
  })
  if (refused.length === 0) return
  const { requestId, receivedAt, key } = call
  const beside = besideText(contextOf(call))
  tools.rejectedEvents.keep(refused, { requestId, receivedAt, source: key.name, beside })
}
