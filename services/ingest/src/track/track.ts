import type { OutgoingRecord, ProduceOutcome } from '@custom-events/kafka'
import { createEventCodec } from '@custom-events/codec'
import type { Audience } from '@custom-events/event'
import { isAllAccepted } from './all-accepted.ts'
import { answer, type Asked, type Settled } from './answer.ts'
import { answerOptionsFrom } from '../request/answer-options.ts'
import type { EventResult } from '../response/event-result.ts'
import { openEndpoint, takeCall } from '../request/call.ts'
import type { Call } from '../request/read-call.ts'
import { encode, encodeInSlices } from './encode.ts'
import { baldFates, tellBugAfterProduce } from './fates.ts'
import { createJudge, type Judge } from './judge.ts'
import { takeLimit } from '../rate-limit/limited.ts'
import { SEAL_KEYS } from '../limits.ts'
import { countOutcomes } from '../metrics.ts'
import type { IngestParts } from '../parts.ts'
import { createSendAccepted, type SendAccepted } from './accepted-head.ts'
import { createProduceWithin, type ProduceWithin } from './produce-within.ts'
import type { Handle } from '../http/route.ts'
import { orWait, type Take } from './track-and-wait.ts'
import { isRefusedForSize, rejectRefused, rejectTooLarge, type Encoded } from './too-large.ts'
import type { LimitDecision } from '../rate-limit/rate-limits.ts'
import { Refusal } from '../response/refusal.ts'
import { produceSealed } from '../seal/produce-sealed.ts'
import { mayProduce, resultsOf, type Judged, type Produced } from './verdicts.ts'

/**
 * The way of a request to track events: normalise, validate, encode, produce, answer. Every event is
 * judged before the first is produced; nothing is answered before Kafka has acknowledged.
 *
 * @returns a handler that throws `Refusal` or `ClientGone` when the request cannot be answered 200.
 */
export function createTrack(parts: IngestParts, audience: Audience): Handle {
  const tools = {
    ...parts,
    judge: createJudge({
      ...parts.settings,
      plans: parts.plans,
      erased: parts.erasures.ids,
      hasFastPath: true,
      unusual: parts.unusual,
    }),
    codec: createEventCodec(),
    produceWithin: createProduceWithin(
      produceSealed(parts.producer, {
        keepKeys: parts.keepKeys,
        keysWithinMs: SEAL_KEYS.keptWithinMs,
      }),
      parts.settings.limits.answerTimeoutMs,
    ),
    sendAccepted: createSendAccepted(),
  }
  const endpoint = openEndpoint(parts, { audience, needsKafka: true })
  const take: Take = (request, response, isWaiting) =>
    takeCall(parts, endpoint, request, response, (call) => {
      const options = answerOptionsFrom(request, call.requestId, audience)
      const asked = { response, options, isWaiting }
      return settle(tools, call, asked).then((settled) => answer(tools, call, settled, asked))
    })
  return audience === 'own'
    ? orWait(parts, take)
    : (request, response) => take(request, response, false)
}

type Tools = IngestParts & {
  readonly judge: Judge
  readonly codec: ReturnType<typeof createEventCodec>
  readonly produceWithin: ProduceWithin
  readonly sendAccepted: SendAccepted
}

/**
 * Decides every event's fate and counts it; an event that entered is counted even on a bug. What does not
 * wait is done elsewhere: V8 keeps room for every variable of an async function, for each request.
 */
async function settle(tools: Tools, call: Call, asked: Asked): Promise<Settled> {
  const count = call.envelope.events.length
  tools.metrics.received.inc(count)
  try {
    const judging = tools.judge(call)
    const judged = judging instanceof Promise ? await judging : judging
    const admitting = admit(tools, call, judged)
    const admitted = admitting instanceof Promise ? await admitting : admitting
    call.slot?.end()
    const { records } = admitted
    const outcomes = records.length === 0 ? [] : await tools.produceWithin(records)
    return sumUp(tools, admitted, outcomes, asked)
  } catch (error) {
    const reason = error instanceof Refusal ? 'request_refused' : 'internal_error'
    tools.metrics.unacknowledged.inc({ reason }, count)
    throw error
  }
}

/** What was judged, with the records of what may be produced. */
interface Admitted extends Encoded {
  readonly limit: LimitDecision
  readonly isStrict: boolean
}

function admit(
  tools: Tools,
  { key, isStrict, slot }: Call,
  judged: readonly Judged[],
): Admitted | Promise<Admitted> {
  const isProducible = mayProduce(judged, isStrict)
  const limit = takeLimit(tools, { judged, key, mayProduce: isProducible })
  if (!isProducible || limit.refusedBy !== null) return { judged, limit, isStrict, records: [] }
  const slices = slot?.slices
  if (slices === undefined) {
    return fit(tools, { judged, limit, isStrict, records: encode(tools, judged) })
  }
  return encodeInSlices(tools, judged, slices).then((records) =>
    fit(tools, { judged, limit, isStrict, records }),
  )
}

function fit(tools: Tools, admitted: Admitted): Admitted {
  const fitting = rejectTooLarge(tools, admitted)
  if (fitting === admitted) return admitted
  const { judged, records } = fitting
  return { ...admitted, judged, records: mayProduce(judged, admitted.isStrict) ? records : [] }
}

/** From here on nothing may throw but what is an answer: events may be in Kafka. */
function sumUp(
  tools: Tools,
  admitted: Admitted,
  outcomes: readonly ProduceOutcome[],
  { options, isWaiting }: Asked,
): Settled {
  const { judged, limit } = admitted
  // Who asks for receipts, or waits, is told where each record lies.
  if (isAllAccepted(judged, outcomes) && !options.hasReceipts && !isWaiting) {
    countAccepted(tools, judged.length)
    return { judged, results: null, limit }
  }
  const fates = fatesOf(tools, admitted, outcomes)
  try {
    countOutcomes(tools.metrics, fates.results)
  } catch (error) {
    tellBugAfterProduce(tools, 'count', error)
  }
  return { ...fates, limit }
}

function countAccepted(tools: Tools, accepted: number): void {
  try {
    tools.retryAdvice.succeeded()
    tools.metrics.accepted.inc(accepted)
  } catch (error) {
    tellBugAfterProduce(tools, 'count', error)
  }
}

interface Fates {
  readonly judged: readonly Judged[]
  readonly results: readonly EventResult[]
}

function fatesOf(tools: Tools, admitted: Admitted, outcomes: readonly ProduceOutcome[]): Fates {
  const { limit } = admitted
  const reason = limit.refusedBy === null ? 'request_refused' : 'rate_limited'
  try {
    // Strict requests are answered 503: sent again, they are refused as a whole by the limit that is known now.
    const remaining = admitted.isStrict ? admitted : rejectRefused(tools, admitted, outcomes)
    const left =
      remaining === admitted ? outcomes : outcomes.filter((each) => !isRefusedForSize(each))
    const produced = placed(remaining.records, left)
    if (produced.length > 0 && left.every(isAcknowledged)) tools.retryAdvice.succeeded()
    return { judged: remaining.judged, results: resultsOf(remaining.judged, produced, reason) }
  } catch (error) {
    tellBugAfterProduce(tools, 'sum_up', error)
    const { judged } = admitted
    return { judged, results: baldFates(judged, outcomes, reason) }
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
