import { isUtf8 } from 'node:buffer'
import { MAX_NESTING } from '../json/nesting.ts'
import { MAX_EVENT_KEYS } from '../json/overfull.ts'
import { atOnce } from '../json/pieces.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  IRREGULAR,
  isAt,
  nullEnd,
  OPEN_ARRAY,
  OPEN_OBJECT,
  plainTextEnd,
  QUOTE,
  skipSpace,
} from '../json/bytes.ts'
import { slotEnd, slotStart } from './fast-event.ts'
import { FastBody, FastInput, textOf } from './fast-input.ts'
import { OpenPart } from './open-part.ts'
import { keepRanges, makeRoom, startOwnRanges, startRanges, type GrowingRanges } from './ranges.ts'
import { scanEvent } from './scan-event.ts'
import { SLOT } from './slots.ts'

/** A body whose events were found without parsing it. */
export interface FastBodyRead {
  readonly events: readonly FastInput[]
  readonly sentAt: { readonly value: unknown; readonly pointer: string } | null
  /** The write key that SDKs put into the body. */
  readonly key: string | null
}

/**
 * Finds the events of a body in its bytes. An event with anything unusual is parsed by itself, and
 * takes the reference path from there; a body with anything unusual beside its events, or anything wrong,
 * is not read at all.
 *
 * Its reference is the reading of a document in services/ingest/src/request/document.ts.
 */
export function scanBody(bytes: Buffer, maxEvents: number): FastBodyRead | null {
  const first = firstIfReadable(bytes)
  if (first === IRREGULAR) return null
  const single = bytes[first] === OPEN_OBJECT ? scanSingle(bytes, first) : null
  return single ?? atOnce(scanLists(bytes, first, { ranges: startRanges(bytes), maxEvents }))
}

/**
 * The same, in pieces of a few events, between which other bodies may be read: 2,500 events take some 3 ms.
 * Only one who means to yield needs it, since the ranges of the events are an array of their own.
 */
export function* scanBodyInPieces(
  bytes: Buffer,
  maxEvents: number,
): Generator<void, FastBodyRead | null> {
  const first = firstIfReadable(bytes)
  if (first === IRREGULAR) return null
  const single = bytes[first] === OPEN_OBJECT ? scanSingle(bytes, first) : null
  if (single !== null) return single
  return yield* scanLists(bytes, first, { ranges: startOwnRanges(bytes), maxEvents })
}

/** Where it begins. */
function firstIfReadable(bytes: Buffer): number {
  const first = skipSpace(bytes, 0)
  const isOpen = bytes[first] === OPEN_ARRAY || bytes[first] === OPEN_OBJECT
  return isOpen && isUtf8(bytes) ? first : IRREGULAR
}

function scanSingle(bytes: Buffer, start: number): FastBodyRead | null {
  const ranges = startRanges(bytes)
  const base = makeRoom(ranges, 0)
  const end = scanEvent({ ranges, open: new OpenPart(bytes) }, start, base)
  if (end === IRREGULAR || skipSpace(bytes, end) !== bytes.length) return null
  const body = new FastBody(ranges, { pointer: '', isList: false })
  const event = new FastInput(body, 0, { start, end, isRegular: true })
  keepRanges(ranges, 1)
  return { events: [event], sentAt: null, key: slotText(event, SLOT.writeKey) }
}

function slotText(event: FastInput, slot: number): string | null {
  const start = slotStart(event, slot)
  const text = start === -1 ? '' : textOf(event.body, start, slotEnd(event, slot))
  return text === '' ? null : text
}

/** Where the list puts the places of its events, and how many it may have. */
interface ListRoom {
  readonly ranges: GrowingRanges
  readonly maxEvents: number
}

function* scanLists(
  bytes: Buffer,
  start: number,
  room: ListRoom,
): Generator<void, FastBodyRead | null> {
  if (bytes[start] === OPEN_OBJECT) return yield* scanEnvelope(bytes, start, room)
  const list = openList(bytes, '', room)
  const end = yield* scanEvents(list, start)
  if (end === IRREGULAR || skipSpace(bytes, end) !== bytes.length) return null
  return { events: list.events, sentAt: null, key: null }
}

function openList(bytes: Buffer, pointer: string, { ranges, maxEvents }: ListRoom): EventList {
  const body = new FastBody(ranges, { pointer, isList: true })
  return { body, ranges, open: new OpenPart(bytes), events: [], maxEvents }
}

interface EventList {
  readonly body: FastBody
  readonly ranges: GrowingRanges
  readonly open: OpenPart
  readonly events: FastInput[]
  readonly maxEvents: number
}

/** Few: one that is parsed by itself may take 2 ms. */
const EVENTS_OF_PIECE = 8

/** @returns behind the closing bracket. */
function* scanEvents(list: EventList, start: number): Generator<void, number> {
  const { bytes } = list.ranges
  let at = skipSpace(bytes, start + 1)
  for (;;) {
    if (bytes[at] !== OPEN_OBJECT || list.events.length === list.maxEvents) return IRREGULAR
    const end = takeEvent(list, at)
    if (end === IRREGULAR) return IRREGULAR
    at = skipSpace(bytes, end)
    const byte = bytes[at]
    if (byte === CLOSE_ARRAY) {
      keepRanges(list.ranges, list.events.length)
      return at + 1
    }
    if (byte !== COMMA) return IRREGULAR
    at = skipSpace(bytes, at + 1)
    if (list.events.length % EVENTS_OF_PIECE === 0) yield
  }
}

function takeEvent(list: EventList, start: number): number {
  const { body, ranges, events } = list
  const index = events.length
  const end = scanEvent(list, start, makeRoom(ranges, index))
  if (end !== IRREGULAR) {
    events.push(new FastInput(body, index, { start, end, isRegular: true }))
    return end
  }
  const skipped = objectEnd(ranges.bytes, start)
  if (skipped === IRREGULAR) return IRREGULAR
  const event = new FastInput(body, index, { start, end: skipped, isRegular: false })
  // Only what parses by itself is an element of a list.
  if (!parses(event)) return IRREGULAR
  events.push(event)
  return skipped
}

function parses(event: FastInput): boolean {
  try {
    return event.value !== undefined
  } catch {
    return false
  }
}

/** Where the brackets are even; what is between them is not looked at, unless it is too deep or too much to be parsed. */
function objectEnd(bytes: Uint8Array, start: number): number {
  let depth = 0
  let keys = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at += 1
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1
      if (depth > MAX_NESTING) return IRREGULAR
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1
      if (depth === 0) return at + 1
    } else if (byte === COLON) {
      keys += 1
      if (keys > MAX_EVENT_KEYS) return IRREGULAR
    }
  }
  return IRREGULAR
}

/** What SDKs say beside their list that nobody asks for. */
const UNUSED = ['timestamp', 'sequence', 'messageId'] as const
/** What may be beside a list. Anything else, and a `context` above all, is for the reference path. */
const ENVELOPE_FIELDS = [
  'batch',
  'events',
  'sentAt',
  'sent_at',
  'writeKey',
  'api_key',
  ...UNUSED,
].map((name) => ({ name, bytes: Buffer.from(name) }))
const isUnused = (name: string): boolean => UNUSED.some((unused) => unused === name)

function* scanEnvelope(
  bytes: Buffer,
  start: number,
  room: ListRoom,
): Generator<void, FastBodyRead | null> {
  let events: readonly FastInput[] = []
  const fields: Record<string, string> = {}
  const seen = new Set<string>()
  let at = skipSpace(bytes, start + 1)
  for (;;) {
    const name = envelopeFieldAt(bytes, at)
    if (name === null || seen.has(name)) return null
    seen.add(name)
    at = skipSpace(bytes, at + name.length + 2)
    if (bytes[at] !== COLON) return null
    at = skipSpace(bytes, at + 1)
    const isList = name === 'batch' || name === 'events'
    if (isList && events.length > 0) return null
    if (isList) {
      if (bytes[at] !== OPEN_ARRAY) return null
      const list = openList(bytes, `/${name}`, room)
      at = yield* scanEvents(list, at)
      events = list.events
    } else if (isUnused(name)) {
      at = new OpenPart(bytes).take(at)
    } else {
      const end = bytes[at] === QUOTE ? plainTextEnd(bytes, at + 1) : nullEnd(bytes, at)
      if (bytes[at] === QUOTE) fields[name] = bytes.toString('utf8', at + 1, Math.max(end, at + 1))
      at = end === IRREGULAR || bytes[at] !== QUOTE ? end : end + 1
    }
    if (at === IRREGULAR) return null
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_OBJECT) break
    if (bytes[at] !== COMMA) return null
    at = skipSpace(bytes, at + 1)
  }
  if (events.length === 0 || skipSpace(bytes, at + 1) !== bytes.length) return null
  const key = fields['writeKey'] ?? fields['api_key'] ?? ''
  return { events, sentAt: sentAtOf(fields), key: key === '' ? null : key }
}

function envelopeFieldAt(bytes: Uint8Array, at: number): string | null {
  if (bytes[at] !== QUOTE) return null
  const found = ENVELOPE_FIELDS.find(
    ({ bytes: name }) => isAt(bytes, at + 1, name) && bytes[at + 1 + name.length] === QUOTE,
  )
  return found?.name ?? null
}

function sentAtOf(fields: Readonly<Record<string, string>>): FastBodyRead['sentAt'] {
  for (const name of ['sentAt', 'sent_at']) {
    const value = fields[name]
    if (value !== undefined) return { value, pointer: `/${name}` }
  }
  return null
}
