import {
  createEventIds,
  createFastPath,
  createValidate,
  FastEvent,
  FastInput,
  NOBODY_ERASED,
  normalise,
  type ErasedIds,
  type EventInput,
  type NormaliseContext,
  type PlanSet,
  warningsOnFastPath,
} from '@custom-events/event'
import type { Call } from '../request/read-call.ts'
import type { IngestParts } from '../parts.ts'
import type { IngestSettings } from '../settings.ts'
import { EVENTS_PER_LOOK, Slices } from '../admission/slices.ts'
import { createUnusualLoad, type UnusualLoad } from '../admission/garbage.ts'
import { createOneATurn } from '../server/one-a-turn.ts'
import { forbidOtherAccounts, ignoreErased, notAnEvent, type Judged } from './verdicts.ts'

/**
 * Normalises and validates every event of a request; touches nothing but the request. Few events are
 * judged at once: a promise for each request of one event would cost more than it gives to others.
 */
export type Judge = (call: Call) => readonly Judged[] | Promise<readonly Judged[]>

/** Makes the ids of a request's events that have none. */
type EventIds = (call: Call) => NormaliseContext['newEventId']

/**
 * The one judgement: what `/v1/validate` says is what `/track` does, and what a replay does.
 *
 * @param options.erased @default nobody
 * @param options.eventIds @default a new id each time
 * @param options.hasFastPath whether usual events may be judged where they lie in the body: the same
 * verdicts, but accepted events are of use for encoding and answering only. @default false
 * @param options.unusual where events that are judged otherwise are counted. @default nowhere
 */
export function createJudge({
  plans,
  rules,
  erased = NOBODY_ERASED,
  eventIds = newEventIds(),
  hasFastPath = false,
  unusual = createUnusualLoad(),
}: Pick<IngestParts, 'plans'> &
  Pick<IngestSettings, 'rules'> & {
    readonly erased?: ErasedIds
    readonly eventIds?: EventIds
    readonly hasFastPath?: boolean
    readonly unusual?: UnusualLoad
  }): Judge {
  const judgeOnReferencePath = createReferenceJudge()
  const judgeOnFastPath = hasFastPath ? createFastPath(rules) : null
  const oneATurn = createOneATurn()
  const judgeOne = (
    input: EventInput,
    context: NormaliseContext,
    plansInForce: PlanSet,
  ): Judged => {
    if (judgeOnFastPath !== null && input instanceof FastInput) {
      const event = judgeOnFastPath(input, context, plansInForce)
      if (event !== null) {
        return {
          input,
          verdict: { status: 'accepted', event, warnings: warningsOnFastPath(input) },
        }
      }
    }
    unusual.events += 1
    return { input, verdict: judgeOnReferencePath(input, context, plansInForce) }
  }
  return (call) => {
    const { events } = call.envelope
    const context = { ...contextOf(call), rules, newEventId: eventIds(call) }
    const leaveOut = (judged: readonly Judged[]): readonly Judged[] =>
      ignoreErased(judged, erased, call.receivedAt)
    const { current } = plans // the same for every event of a request
    const judge = (input: EventInput): Judged => judgeOne(input, context, current)
    if (events.length >= EVENTS_PER_LOOK) {
      const slices = call.slot?.slices ?? new Slices(oneATurn)
      return judgeInSlices(call, judge, slices).then(leaveOut)
    }
    return leaveOut(forbidOtherAccounts(events.map(judge), call.key))
  }
}

/**
 * A short body of usual events yields later: 500 of them take 1 to 4 ms. Where that is more than a slice each of many such bodies
 * would be half judged at a time, and what they hold in memory meanwhile costs more to collect than judging them does.
 */
async function judgeInSlices(
  { envelope, key, slot = null }: Call,
  judge: (input: EventInput) => Judged,
  slices: Slices,
): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  let isUsual = slot === null
  for (const input of envelope.events) {
    const isLook = input.index % EVENTS_PER_LOOK === EVENTS_PER_LOOK - 1
    if (isLook && (isUsual ? slices.isOverByFar : slices.isOver)) await slices.yieldToOthers()
    const each = judge(input)
    isUsual &&= isJudgedFast(each)
    judged.push(each)
  }
  return forbidOtherAccounts(judged, key)
}

function isJudgedFast({ verdict }: Judged): boolean {
  return verdict.status === 'accepted' && verdict.event instanceof FastEvent
}

function createReferenceJudge() {
  const validate = createValidate()
  return (input: EventInput, context: NormaliseContext, plans: PlanSet): Judged['verdict'] => {
    const normalised = normalise(input, context)
    if (normalised.status !== 'ignored') return plans.check(normalised, validate(normalised))
    return { status: 'ignored', reason: notAnEvent(normalised.type) }
  }
}

function newEventIds(): EventIds {
  const newEventId = createEventIds()
  return () => newEventId
}

/** What a request says beside its events. */
export function contextOf({
  headers,
  envelope,
  receivedAt,
  audience,
  key,
}: Call): Omit<NormaliseContext, 'rules' | 'newEventId'> {
  const { sentat: sentAt, 'idempotency-key': idempotencyKey } = headers
  const isSent = typeof sentAt === 'string' && sentAt !== ''
  return {
    receivedAt,
    source: key.name,
    audience,
    sentAt: envelope.sentAt ?? (isSent ? { value: sentAt, pointer: '' } : null),
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey || null : null,
    envelopeContext: envelope.context,
  }
}
