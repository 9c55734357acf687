import type { NormaliseContext } from '../normalise/normalise-context.ts'
import type { PlanSet } from '../tracking-plan/plan-set.ts'
import type { EventRules } from '../contract/rules.ts'
import { STORED_AS } from '../contract/event-fields.ts'
import { FIELD_NAMES, isOfKind, rowOf, type FieldName } from '../contract/fields.ts'
import { parseTimestamp } from '../normalise/timestamp.ts'
import { isSameRange } from '../json/bytes.ts'
import { readIsoTime } from './iso-time.ts'
import { carriedKeys } from './carried.ts'
import { accountSlot, copiedBytes, FastEvent, slotEnd, slotStart } from './fast-event.ts'
import { textOf, type FastInput } from './fast-input.ts'
import { createDubiousIdCheck } from './dubious-ids.ts'
import { PLACE, putTime } from './ranges.ts'
import { CONTEXT_ACCOUNT_SLOT, slotOf } from './slots.ts'
import { createTextRules } from './text-rules.ts'

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
    const timestamp = readTime(input, TIMESTAMP)
    const sentAt = readSentAt(input, context)
    if (timestamp === null || sentAt === REFUSED) return null
    const { earliestTimestampMs, warnAheadMs, maxAheadMs } = rules
    const latest = context.receivedAt + Math.min(warnAheadMs, maxAheadMs)
    // What the encoder of the fast path writes begins with 1970.
    if (!(timestamp >= Math.max(0, earliestTimestampMs) && timestamp <= latest)) return null
    const isIdMade = slotStart(input, EVENT_ID) === -1
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
  const charsIfValid = createTextRules()
  const isDubious = createDubiousIdCheck(rules)

  const isGood = (input: FastInput, slot: number, rulesOf: number): boolean => {
    const start = slotStart(input, slot)
    const end = slotEnd(input, slot)
    const { bytes } = input.body.ranges
    const chars = charsIfValid(rulesOf, bytes, start, end)
    if (chars === -1) return false
    return !hasBit(OF_SOMEBODY, rulesOf) || !isDubious(bytes, start, end, chars === end - start)
  }

  return (input) => {
    let hasSomebody = false
    for (const slot of TEXTS) {
      if (slotStart(input, slot) === -1) {
        if (hasBit(REQUIRED, slot)) return false
      } else {
        if (!isGood(input, slot, slot)) return false
        hasSomebody ||= hasBit(PEOPLE, slot)
      }
    }
    return hasSomebody && isGood(input, accountSlot(input), GROUP_ID)
  }
}

const [TIMESTAMP, SENT_AT] = [slotOf('timestamp'), slotOf('sent_at')]
const [GROUP_ID, EVENT_ID] = [slotOf('group_id'), slotOf('event_id')]

/** Texts but for the account, which may stand in two places. */
const TEXTS = FIELD_NAMES.filter(
  (name) => STORED_AS[rowOf(name).kind] === 'text' && name !== 'group_id',
).map(slotOf)
const PEOPLE = bitsOf(FIELD_NAMES.filter((name) => isOfKind(name, 'person')))
const OF_SOMEBODY = PEOPLE | (1 << GROUP_ID)
const REQUIRED = bitsOf(
  FIELD_NAMES.filter((name) => isOfKind(name, 'text') && rowOf(name).isOptional !== true),
)

/** Slots as the bits of a number. */
function bitsOf(names: readonly FieldName[]): number {
  return names.reduce((bits, name) => bits | (1 << slotOf(name)), 0)
}

function hasBit(bits: number, slot: number): boolean {
  return (bits & (1 << slot)) !== 0
}

/** The account of the event or of its context; where both name one it must be the same. */
function hasOneAccount(input: FastInput): boolean {
  const own = slotStart(input, GROUP_ID)
  const inContext = slotStart(input, CONTEXT_ACCOUNT_SLOT)
  if (own === -1 || inContext === -1) return own !== inContext
  const length = slotEnd(input, GROUP_ID) - own
  const isLength = slotEnd(input, CONTEXT_ACCOUNT_SLOT) - inContext === length
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
  const isOwn = slotStart(input, SENT_AT) !== -1
  if (!isOwn && context.sentAt === null) return null
  const ms = isOwn ? readTime(input, SENT_AT) : (parseTimestamp(context.sentAt?.value)?.ms ?? null)
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
