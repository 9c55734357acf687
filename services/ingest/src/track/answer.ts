import { REQUEST_CODES } from '@custom-events/event'
import { allAcceptedText } from './all-accepted.ts'
import { answerText } from '../response/answer-text.ts'
import { answerAccepted, type Answer, type AnswerOptions } from '../response/answers.ts'
import type { EventResult } from '../response/event-result.ts'
import { envelopeFieldsText } from '../request/envelope-fields.ts'
import type { Call } from '../request/read-call.ts'
import { acceptedResult, baldly, tellBugAfterProduce } from './fates.ts'
import { contextOf } from './judge.ts'
import { limited } from '../rate-limit/limited.ts'
import type { IngestResponse } from '../http/messages.ts'
import type { IngestParts } from '../parts.ts'
import type { SendAccepted } from './accepted-head.ts'
import { send } from '../http/send.ts'
import type { LimitDecision } from '../rate-limit/rate-limits.ts'
import type { Refusal } from '../response/refusal.ts'
import { waitedFor, type Postponed } from './track-and-wait.ts'
import { refusalOf, type Judged } from './verdicts.ts'

type AnswerParts = IngestParts & { readonly sendAccepted: SendAccepted }

/** What became of a request's events, before it is answered. */
export interface Settled {
  readonly judged: readonly Judged[]
  /** `null`: all are accepted, and there is nothing more to say about any. */
  readonly results: readonly EventResult[] | null
  readonly limit: LimitDecision
}

export interface Asked {
  readonly response: IngestResponse
  readonly options: AnswerOptions
  /** Whether the answer is to be given once the events can be queried. */
  readonly isWaiting: boolean
}

/**
 * Answers a request whose events are decided, and hands on those that were rejected.
 *
 * @returns the answer of who waits, which is not sent yet; `null`: it was sent.
 * @throws {Refusal}
 */
export function answer(
  parts: AnswerParts,
  call: Call,
  settled: Settled,
  asked: Asked,
): Postponed | null {
  const { limit, results } = settled
  if (results === null) {
    answerAllAccepted(parts, settled, asked)
    return null
  }
  const refusal =
    limit.refusedBy === null ? refusalOf(results, call.isStrict) : limited(limit, results)
  if (isToBeKept(refusal)) keepRejected(parts, settled.judged, call)
  if (refusal !== null) throw refusal
  const made = answerResults(parts, results, { ...asked, limit })
  return made === null ? null : { ...made, keyName: call.key.name }
}

function answerAllAccepted(parts: AnswerParts, { judged, limit }: Settled, asked: Asked): void {
  const { response, options } = asked
  const usual = { accepted: judged.length, headers: limit.headers }
  try {
    const text = allAcceptedText(judged, options)
    parts.sendAccepted(response, { text, ...usual }, parts.lifecycle.isDraining)
  } catch (error) {
    answerBaldly(parts, judged.flatMap(acceptedResult), { ...asked, error })
  }
}

function answerResults(
  parts: AnswerParts,
  results: readonly EventResult[],
  { limit, ...asked }: Asked & { readonly limit: LimitDecision },
): Made | null {
  try {
    const { status, headers, body } = answerAccepted(results, asked.options)
    const made = { status, body, headers: { ...headers, ...limit.headers } }
    return give(parts, asked, { results, answer: made })
  } catch (error) {
    return answerBaldly(parts, baldly(results), { ...asked, error })
  }
}

/** When the answer cannot be made: what became of each event is told all the same. */
function answerBaldly(
  parts: AnswerParts,
  results: readonly EventResult[],
  { error, ...asked }: Asked & { readonly error: unknown },
): Made | null {
  tellBugAfterProduce(parts, 'answer', error)
  const bald = { ...asked.options, hasReceipts: false }
  return give(parts, asked, { results, answer: answerAccepted(results, bald) })
}

type Made = Omit<Postponed, 'keyName'>

/** Sends the answer now, or hands it back to who waits. */
function give(
  parts: AnswerParts,
  { response, isWaiting }: Asked,
  { results, answer: made }: { readonly results: readonly EventResult[]; readonly answer: Answer },
): Made | null {
  if (isWaiting) return { ...waitedFor(results), answer: answerText(made) }
  send(response, made, parts.lifecycle.isDraining)
  return null
}

/** Not of a request that is sent again, which brings them again; nor with a key of another account. */
function isToBeKept(refusal: Refusal | null): boolean {
  return (
    refusal === null || !(REQUEST_CODES[refusal.code].isRetryable || refusal.code === 'key_scope')
  )
}

function keepRejected(parts: AnswerParts, judged: readonly Judged[], call: Call): void {
  const refused = judged.flatMap(({ input, verdict }) => {
    if (verdict.status !== 'rejected') return []
    return [{ input, problems: verdict.problems, known: verdict.known }]
  })
  if (refused.length === 0) return
  const { requestId, receivedAt, key } = call
  try {
    const beside = envelopeFieldsText(contextOf(call))
    parts.rejectedEvents.keep(refused, { requestId, receivedAt, source: key.name, beside })
  } catch (error) {
    tellBugAfterProduce(parts, 'keep_rejected', error)
    parts.metrics.rejectedDiscarded.inc({ reason: 'bug' }, refused.length)
  }
}
