import type { NormaliseContext } from '../normalise/normalise-context.ts'
import type { PlanSet } from '../tracking-plan/plan-set.ts'
import type { EventRules } from '../contract/rules.ts'
import { parseTimestamp } from '../normalise/timestamp.ts'
import { isSameRange } from '../json/bytes.ts'
import { readIsoTime } from './iso-time.ts'
import { carriedKeys } from './carried.ts'
import { accountSlot, copiedBytes, FastEvent, slotEnd, slotStart } from './fast-event.ts'
import { textOf, type FastInput } from './fast-input.ts'
import { createDubiousIdCheck } from './dubious-ids.ts'
import { PLACE, putTime } from './ranges.ts'
import { SLOT } from './slots.ts'
import { readTextRules } from './text-rules.ts'

/**
 * Accepts an event without a warning but those of empty-ids.ts, or says `null`: then the reference path decides, which
 * for any event that is accepted here says the same. That is what fast-path.test.ts is about.
 */
export type JudgeOnFastPath = (
  input: FastInput,
  context: NormaliseContext,
  plans: PlanSet,
) => FastEvent | null

export function createFastPath(rules: EventRules): JudgeOnFastPath {
  const hasGoodTexts = createTextCheck(rules)

  return (input, context, plans) => {
    if (!input.isRegular || context.envelopeContext !== null) return null
    const carried = carriedKeys(input)
    // On our own paths what SDKs carry along is an unknown field, which is told.
    if (carried > 0 && (context.audience === 'own' || carried > rules.maxKeys)) return null
    if (!hasOneAccount(input) || !hasGoodTexts(input)) return null
    const timestamp = readTime(input, SLOT.timestamp)
    const sentAt = readSentAt(input, context)
    if (timestamp === null || sentAt === REFUSED) return null
    const { earliestTimestampMs, warnAheadMs, maxAheadMs } = rules
    const latest = context.receivedAt + Math.min(warnAheadMs, maxAheadMs)
    // What the encoder of the fast path writes begins with 1970.
    if (!(timestamp >= Math.max(0, earliestTimestampMs) && timestamp <= latest)) return null
    const isIdMade = slotStart(input, SLOT.event_id) === -1
    if (isIdMade && context.idempotencyKey !== null) return null
    const madeId = isIdMade ? context.newEventId(timestamp) : null
    if (!fits(input, madeId, rules)) return null
    const { ints } = input.body.ranges
    putTime(ints, input.base + PLACE.timestamp, timestamp)
    if (sentAt !== null) putTime(ints, input.base + PLACE.sentAt, sentAt)
    const event = new FastEvent(input, context, madeId)
    return plans.hasNothingToSay(event) ? event : null
  }
}

/** Everything that the schema says of texts, and that nobody's id is one that may stand for nothing. */
function createTextCheck(rules: EventRules): (input: FastInput) => boolean {
  const charsIfValid = readTextRules()
  const isDubious = createDubiousIdCheck(rules)

  const isGood = (input: FastInput, slot: number, rulesOf: number): boolean => {
    const start = slotStart(input, slot)
    const end = slotEnd(input, slot)
    const { bytes } = input.body.ranges
    const chars = charsIfValid(rulesOf, bytes, start, end)
    if (chars === -1) return false
    if (rulesOf === SLOT.event || rulesOf === SLOT.event_id) return true
    return !isDubious(bytes, start, end, chars === end - start)
  }
  const isGoodIfSent = (input: FastInput, slot: number): boolean =>
    slotStart(input, slot) === -1 || isGood(input, slot, slot)

  return (input) =>
    slotStart(input, SLOT.event) !== -1 &&
    (slotStart(input, SLOT.user_id) !== -1 || slotStart(input, SLOT.anonymous_id) !== -1) &&
    isGood(input, SLOT.event, SLOT.event) &&
    isGood(input, accountSlot(input), SLOT.group_id) &&
    isGoodIfSent(input, SLOT.event_id) &&
    isGoodIfSent(input, SLOT.user_id) &&
    isGoodIfSent(input, SLOT.anonymous_id)
}

/** The account of the event or of its context; where both name one it must be the same. */
function hasOneAccount(input: FastInput): boolean {
  const own = slotStart(input, SLOT.group_id)
  const inContext = slotStart(input, SLOT.account)
  if (own === -1 || inContext === -1) return own !== inContext
  const length = slotEnd(input, SLOT.group_id) - own
  const isLength = slotEnd(input, SLOT.account) - inContext === length
  return isLength && isSameRange(input.body.ranges.bytes, own, inContext, length)
}

/** `null` when there is none, and when it is one that needs a warning. */
function readTime(input: FastInput, slot: number): number | null {
  const start = slotStart(input, slot)
  if (start === -1) return null
  const end = slotEnd(input, slot)
  const ms = readIsoTime(input.body.ranges.bytes, start, end)
  if (ms !== -1) return ms
  const parsed = parseTimestamp(textOf(input.body, start, end))
  return parsed === null || parsed.warnings.length > 0 ? null : parsed.ms
}

const REFUSED = Symbol('a sent_at that cannot be read, or is out of range')

function readSentAt(input: FastInput, context: NormaliseContext): number | null | typeof REFUSED {
  const isOwn = slotStart(input, SLOT.sent_at) !== -1
  if (!isOwn && context.sentAt === null) return null
  const ms = isOwn
    ? readTime(input, SLOT.sent_at)
    : (parseTimestamp(context.sentAt?.value)?.ms ?? null)
  const { earliestTimestampMs, maxAheadMs } = context.rules
  const latest = context.receivedAt + maxAheadMs
  const isInRange = ms !== null && ms >= Math.max(0, earliestTimestampMs) && ms <= latest
  return isInRange ? ms : REFUSED
}

/** Counted like the reference path does, only never in favour of the event. */
function fits(input: FastInput, madeId: string | null, rules: EventRules): boolean {
  const bytes = input.end - input.start + copiedBytes(input) + (madeId ?? '').length
  return bytes <= rules.maxEventBytes
}
