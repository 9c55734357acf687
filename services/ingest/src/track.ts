import type { OutgoingRecord, ProduceOutcome } from '@custom-events/kafka'
import { createEventCodec } from '@custom-events/codec'
import { REQUEST_CODES } from '@custom-events/event'
import { allKeptText, isAllKept } from './all-kept.ts'
import { answerOptionsFrom } from './answer-options.ts'
import { answerKept, type AnswerOptions, type EventResult } from './answers.ts'
import type { Audience } from './audience.ts'
import { besideText } from './beside.ts'
import { openDoor, takeCall, type Call } from './call.ts'
import { encode } from './encode.ts'
import { contextOf, createJudge, type Judge } from './judge.ts'
import { countOutcomes } from './metrics.ts'
import type { IngestParts } from './parts.ts'
import { createSendKept } from './kept-head.ts'
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
  const sendKept = createSendKept()
  return (request, response) =>
    takeCall(parts, door, request, response, async (call) => {
      const options = answerOptionsFrom(request, call.requestId, audience)
      const { judged, results, limit } = await track(tools, call, options)
      const { isDraining } = parts.lifecycle
      if (results === null) {
        const text = allKeptText(judged, options)
        const answer = { text, accepted: judged.length, headers: limit.headers }
        sendKept(response, answer, isDraining)
      } else {
        const answer = answerKept(results, options)
        send(response, { ...answer, headers: { ...answer.headers, ...limit.headers } }, isDraining)
      }
    })
}

type Tools = IngestParts & {
  readonly judge: Judge
  readonly codec: ReturnType<typeof createEventCodec>
  readonly produceWithin: ProduceWithin
}

async function track(tools: Tools, call: Call, options: AnswerOptions): Promise<Settled> {
  const settled = await settle(tools, call, options)
  const { judged, results, limit } = settled
  if (results === null) return settled
  const refusal = limit.refusedBy === null ? refusalOf(results, call.isStrict) : limited(settled)
  const willBeResent = refusal !== null && REQUEST_CODES[refusal.code].isRetryable
  if (!willBeResent) keepRejected(tools, judged, call) // a resent request brings them again
  if (refusal !== null) throw refusal
  return settled
}

interface Settled {
  readonly judged: readonly Judged[]
  /** `null`: all are kept, and there is nothing more to say about any. */
  readonly results: readonly EventResult[] | null
  readonly limit: LimitDecision
}

/** Decides every event's fate and counts it; an event that entered is counted even on a bug. */
async function settle(tools: Tools, call: Call, { hasReceipts }: AnswerOptions): Promise<Settled> {
  const { metrics, rateLimits, retryAdvice } = tools
  const count = call.envelope.events.length
  metrics.received.inc(count)
  try {
    const judged = await tools.judge(call)
    const isProducible = mayProduce(judged, call.isStrict)
    const limit = rateLimits.take(judged, call.key, isProducible)
    if (limit.refusedBy !== null) metrics.rateLimited.inc({ limit: limit.refusedBy })
    const records = isProducible && limit.refusedBy === null ? encode(tools, judged) : []
    const outcomes = records.length === 0 ? [] : await tools.produceWithin(records)
    if (isAllKept(judged, outcomes) && !hasReceipts) {
      retryAdvice.succeeded()
      metrics.accepted.inc(count)
      return { judged, results: null, limit }
    }
    const produced = placed(records, outcomes)
    if (produced.length > 0 && outcomes.every(isAcknowledged)) retryAdvice.succeeded()
    const reason = limit.refusedBy === null ? 'request_refused' : 'rate_limited'
    const results = resultsOf(judged, produced, reason)
    countOutcomes(metrics, results)
    return { judged, results, limit }
  } catch (error) {
    metrics.unacknowledged.inc({ reason: 'internal_error' }, count)
    throw error
  }
}

function placed(
  records: readonly OutgoingRecord[],
  outcomes: readonly ProduceOutcome[],
): readonly Produced[] {
  return records.flatMap((place, index) => {
    const outcome = outcomes[index]
    return outcome === undefined ? [] : [{ place, outcome }]
  })
}

function isAcknowledged({ status }: ProduceOutcome): boolean {
  return status === 'acknowledged'
}

function limited({ results, limit: { refusedBy, headers } }: Settled): Refusal {
  const whose = refusedBy === 'key' ? 'this write key' : 'an account of this request'
  const detail = `too many events of ${whose}; nothing was kept; resend the same body`
  return new Refusal('rate_limited', detail, { headers, results: results ?? [] })
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
