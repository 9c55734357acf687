import type {
  ErasedIds,
  IdKind,
  EventInput,
  KnownParts,
  Verdict,
  Warning,
} from '@custom-events/event'
import type { ProduceOutcome, TopicPartition } from '@custom-events/kafka'
import { explainRejected } from '../response/answers.ts'
import type { EventResult, IgnoredReason, RetryReason } from '../response/event-result.ts'
import { Refusal } from '../response/refusal.ts'
import type { WriteKey } from '../auth/write-keys.ts'

/** One event of a request with what was decided about it. */
export interface Judged {
  readonly input: EventInput
  readonly verdict: Verdict | { readonly status: 'ignored'; readonly reason: IgnoredReason }
}

/** An accepted event's place in Kafka and what Kafka said about it. */
export interface Produced {
  readonly place: TopicPartition
  readonly outcome: ProduceOutcome
}

/** Why a call of an SDK was ignored. */
export function notAnEvent(type: string): IgnoredReason {
  const detail = `${type} is a call of SDKs that is no event: nothing of it is kept`
  return { code: 'not_an_event', detail }
}

/**
 * Events of somebody who was erased are ignored, good or bad: a rejected one would be kept as it was sent. After what a
 * key may write is known: whether an account is erased is told to nobody else.
 *
 * @param receivedAt of the request, in milliseconds since 1970.
 */
export function ignoreErased(
  judged: readonly Judged[],
  ids: ErasedIds,
  receivedAt: number,
): readonly Judged[] {
  if (ids.size === 0) return judged
  return judged.map((each) => {
    const kind = erasedKindOf(each.verdict, ids, receivedAt)
    if (kind === null) return each
    return { input: each.input, verdict: { status: 'ignored', reason: erased(kind) } }
  })
}

function erasedKindOf(
  verdict: Judged['verdict'],
  ids: ErasedIds,
  receivedAt: number,
): IdKind | null {
  if (verdict.status === 'accepted') return ids.ofEvent(verdict.event)
  if (verdict.status === 'ignored' || isOutOfScope(verdict.problems)) return null
  // Its timestamp may be what is wrong with it: as consumers and erasures do, it is taken to have happened when it came.
  return ids.ofEvent({ ...verdict.known, timestamp: receivedAt, received_at: receivedAt })
}

const WHO: Readonly<Record<IdKind, string>> = {
  user: 'the user',
  group: 'the account',
  anonymous: 'the anonymous visitor',
}

function erased(kind: IdKind): IgnoredReason {
  return { code: 'erased', detail: `${WHO[kind]} of the event was erased: nothing of it is kept` }
}

/** A key that is bound to accounts may write no other: such events count as rejected, good or bad. */
export function forbidOtherAccounts(
  judged: readonly Judged[],
  { groupIds }: WriteKey,
): readonly Judged[] {
  if (groupIds === null) return judged
  return judged.map(({ input, verdict }) => {
    if (verdict.status === 'ignored') return { input, verdict }
    const known = verdict.status === 'accepted' ? verdict.event : verdict.known
    const isAllowed = known.group_id === null || groupIds.has(known.group_id)
    return { input, verdict: isAllowed ? verdict : outOfScope(input, known, verdict.warnings) }
  })
}

function outOfScope(
  input: EventInput,
  { event, group_id, user_id, anonymous_id, event_id }: KnownParts,
  warnings: readonly Warning[],
): Verdict {
  const problem = {
    pointer: input.pointer,
    code: 'key_scope',
    detail: 'the write key may not write this account',
    expected: 'an account of the key',
    got: null,
    suggestion: null,
  } as const
  const known = { event, group_id, user_id, anonymous_id, event_id }
  return { status: 'rejected', problems: [problem], warnings, known }
}

/** Whether anything may be produced: not for a foreign account, nor in strict mode for an error. */
export function mayProduce(judged: readonly Judged[], isStrict: boolean): boolean {
  return !judged.some(
    ({ verdict }) => verdict.status === 'rejected' && (isStrict || isOutOfScope(verdict.problems)),
  )
}

/**
 * What became of each event. `produced` has one entry per accepted event, in their order, or is
 * empty when nothing was produced, for `reason`: then what was not wrong may be sent again.
 */
export function resultsOf(
  judged: readonly Judged[],
  produced: readonly Produced[],
  reason: RetryReason = 'request_refused',
): readonly EventResult[] {
  let next = 0
  return judged.map(({ verdict }): EventResult => {
    if (verdict.status === 'ignored') return verdict
    if (verdict.status === 'rejected') {
      const { problems, warnings } = verdict
      return { status: 'rejected', problems, warnings }
    }
    const made = produced[next]
    next += 1
    if (made !== undefined) return acceptedResult(verdict, made)
    return { status: 'retry', eventId: verdict.event.event_id, reason }
  })
}

function acceptedResult(
  { event, warnings }: Extract<Verdict, { status: 'accepted' }>,
  { place, outcome }: Produced,
): EventResult {
  const eventId = event.event_id
  if (outcome.status === 'unacknowledged') {
    const { reason } = outcome
    const told = reason === 'record_too_large' ? 'kafka_unavailable' : reason
    return { status: 'retry', eventId, reason: told }
  }
  const receipt = { topic: place.topic, partition: place.partition, offset: outcome.offset }
  return { status: 'accepted', event, warnings, receipt }
}

/** Why the whole request is refused, or `null` when something was accepted, or nothing was wrong. */
export function refusalOf(results: readonly EventResult[], isStrict: boolean): Refusal | null {
  const reasons = new Set(
    results.map((result) => (result.status === 'retry' ? result.reason : null)),
  )
  if (reasons.has('kafka_unavailable')) {
    const detail = 'Kafka did not acknowledge every event; resend the same body'
    return new Refusal('kafka_unavailable', detail, { results })
  }
  if (reasons.has('backpressure')) {
    const detail = 'too many events are on their way to Kafka; resend the same body'
    return new Refusal('overloaded', detail, { results, loadReason: 'producer_buffer' })
  }
  const rejected = results.filter((result) => result.status === 'rejected')
  if (rejected.some(({ problems }) => isOutOfScope(problems))) {
    const detail = 'the write key may not write every account of this request; nothing was kept'
    return new Refusal('key_scope', detail, { results })
  }
  const isNothingAccepted = isStrict || !results.some(({ status }) => status === 'accepted')
  if (rejected.length === 0 || !isNothingAccepted) return null
  return new Refusal('validation_failed', explainRejected(results), { results })
}

function isOutOfScope(problems: readonly { readonly code: string }[]): boolean {
  return problems[0]?.code === 'key_scope'
}
