import type { NormaliseContext } from '../normalise-context.ts'
import type { PlanSet } from '../plan/plan-set.ts'
import type { EventRules } from '../rules.ts'
import { parseTimestamp } from '../timestamp.ts'
import { compileEventCheck } from '../validate.ts'
import { isSameRange } from './bytes.ts'
import { readIsoTime } from './iso-time.ts'
import { LaneEvent, slotEnd, slotStart, type LaneParts } from './lane-event.ts'
import { textOf, type LaneInput } from './lane-input.ts'
import { SLOT } from './slots.ts'

/**
 * Accepts an event without a warning, or says `null`: then the plain way decides, which for any event
 * that is accepted here says the same. That is what lane.test.ts is about.
 */
export type JudgeInLane = (
  input: LaneInput,
  context: NormaliseContext,
  plans: PlanSet,
) => LaneEvent | null

export function createLane(rules: EventRules): JudgeInLane {
  const isValid = compileEventCheck()
  const isPlaceholder = createPlaceholderCheck(rules.placeholderIds)

  return (input, context, plans) => {
    if (!input.isRegular || context.envelopeContext !== null) return null
    const parts = readParts(input, context)
    if (parts === null || !fits(input, parts, rules)) return null
    const isAscii = input.body.ascii !== null
    if (isPlaceholder(parts.event_id, isAscii) || isPlaceholder(parts.group_id, isAscii))
      return null
    if (parts.user_id !== null && isPlaceholder(parts.user_id, isAscii)) return null
    if (parts.anonymous_id !== null && isPlaceholder(parts.anonymous_id, isAscii)) return null
    // The open parts are objects: the scan has seen their brackets. The schema looks at no more.
    if (!isValid({ ...parts, properties: NOTHING, context: NOTHING, extra: NOTHING })) return null
    const event = new LaneEvent(input, parts)
    const readProperties = (): unknown => JSON.parse(event.properties)
    return plans.hasNothingToSay(event.event, readProperties) ? event : null
  }
}

const NOTHING = {}

function readParts(input: LaneInput, context: NormaliseContext): LaneParts | null {
  const event = textAt(input, SLOT.event)
  const groupId = readAccount(input)
  const timestamp = readTime(input, SLOT.timestamp)
  const sentAt = readSentAt(input, context)
  if (event === null || groupId === null || timestamp === null || sentAt === REFUSED) return null
  const { earliestTimestampMs, warnAheadMs, maxAheadMs } = context.rules
  const latest = context.receivedAt + Math.min(warnAheadMs, maxAheadMs)
  // What the encoder of the lane writes begins with 1970.
  if (!(timestamp >= Math.max(0, earliestTimestampMs) && timestamp <= latest)) return null
  const eventId = textAt(input, SLOT.event_id) ?? makeEventId(context, timestamp)
  if (eventId === null) return null
  return {
    event_id: eventId,
    event,
    group_id: groupId,
    user_id: textAt(input, SLOT.user_id),
    anonymous_id: textAt(input, SLOT.anonymous_id),
    timestamp,
    sent_at: sentAt,
    received_at: context.receivedAt,
    source: context.source,
  }
}

function textAt(input: LaneInput, slot: number): string | null {
  const start = slotStart(input, slot)
  return start === -1 ? null : textOf(input.body, start, slotEnd(input, slot))
}

/** The account of the event or of its context; where both name one it must be the same. */
function readAccount(input: LaneInput): string | null {
  const own = slotStart(input, SLOT.group_id)
  const inContext = slotStart(input, SLOT.account)
  if (own === -1) return textAt(input, SLOT.account)
  if (inContext !== -1) {
    const length = slotEnd(input, SLOT.group_id) - own
    const isLength = slotEnd(input, SLOT.account) - inContext === length
    const { bytes } = input.body.ranges
    if (!isLength || !isSameRange(bytes, own, inContext, length)) return null
  }
  return textAt(input, SLOT.group_id)
}

/** `null` when there is none, and when it is one that needs a warning. */
function readTime(input: LaneInput, slot: number): number | null {
  const start = slotStart(input, slot)
  if (start === -1) return null
  const end = slotEnd(input, slot)
  const ms = readIsoTime(input.body.ranges.bytes, start, end)
  if (ms !== -1) return ms
  const parsed = parseTimestamp(textOf(input.body, start, end))
  return parsed === null || parsed.warnings.length > 0 ? null : parsed.ms
}

const REFUSED = Symbol('a sent_at that cannot be read, or is out of range')

function readSentAt(input: LaneInput, context: NormaliseContext): number | null | typeof REFUSED {
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

function makeEventId(context: NormaliseContext, timestampMs: number): string | null {
  return context.idempotencyKey === null ? context.newEventId(timestampMs) : null
}

/** Counted like the plain way does, only never in favour of the event. */
function fits(input: LaneInput, parts: LaneParts, rules: EventRules): boolean {
  const bytes = input.end - input.start + parts.event_id.length
  return bytes <= rules.maxEventBytes
}

/** Most ids are as long as no placeholder; the others are compared in the plain way. */
function createPlaceholderCheck(
  placeholders: ReadonlySet<string>,
): (id: string, isAscii: boolean) => boolean {
  const lengths = new Set([...placeholders].map((text) => text.length))
  return (id, isAscii) => {
    // Then trimming and lower case leave the length as it is.
    const isLength = isAscii && !isSpace(id.charCodeAt(0)) && !isSpace(id.charCodeAt(id.length - 1))
    if (isLength && !lengths.has(id.length)) return false
    return placeholders.has(id.trim().toLowerCase())
  }
}

function isSpace(code: number): boolean {
  return !(code > 0x20)
}
