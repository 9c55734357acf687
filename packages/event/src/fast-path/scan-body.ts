import { isUtf8 } from 'node:buffer'
import { SENT_FIELDS } from '../contract/event-fields.ts'
import { KEY_NAMES } from '../contract/fields.ts'
import { atOnce } from '../json/pieces.ts'
import {
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
import { keepRanges, makeRoom, startOwnRanges, startRanges } from './ranges.ts'
import { scanEvent } from './scan-event.ts'
import { openList, scanEvents, type ListRoom } from './scan-list.ts'
import { WRITE_KEY_SLOT } from './slots.ts'

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
  return { events: [event], sentAt: null, key: slotText(event, WRITE_KEY_SLOT) }
}

function slotText(event: FastInput, slot: number): string | null {
  const start = slotStart(event, slot)
  const text = start === -1 ? '' : textOf(event.body, start, slotEnd(event, slot))
  return text === '' ? null : text
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

/** What SDKs say beside their list that nobody asks for. */
const UNUSED = ['timestamp', 'sequence', 'messageId'] as const
/** What may be beside a list. Anything else, and a `context` above all, is for the reference path. */
const ENVELOPE_FIELDS = [
  'batch',
  'events',
  ...SENT_FIELDS.sent_at.envelopeNames,
  ...KEY_NAMES,
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
      const [value, end] = takeTextOrNull(bytes, at)
      if (value !== null) fields[name] = value
      at = end
    }
    if (at === IRREGULAR) return null
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_OBJECT) break
    if (bytes[at] !== COMMA) return null
    at = skipSpace(bytes, at + 1)
  }
  if (events.length === 0 || skipSpace(bytes, at + 1) !== bytes.length) return null
  const key = KEY_NAMES.map((name) => fields[name]).find((each) => each !== undefined) ?? ''
  return { events, sentAt: sentAtOf(fields), key: key === '' ? null : key }
}

/** @returns the text, or `null` for null; and where it ends, or `IRREGULAR`. */
function takeTextOrNull(bytes: Buffer, at: number): readonly [value: string | null, end: number] {
  if (bytes[at] !== QUOTE) return [null, nullEnd(bytes, at)]
  const end = plainTextEnd(bytes, at + 1)
  return end === IRREGULAR ? [null, IRREGULAR] : [bytes.toString('utf8', at + 1, end), end + 1]
}

function envelopeFieldAt(bytes: Uint8Array, at: number): string | null {
  if (bytes[at] !== QUOTE) return null
  const found = ENVELOPE_FIELDS.find(
    ({ bytes: name }) => isAt(bytes, at + 1, name) && bytes[at + 1 + name.length] === QUOTE,
  )
  return found?.name ?? null
}

function sentAtOf(fields: Readonly<Record<string, string>>): FastBodyRead['sentAt'] {
  for (const name of SENT_FIELDS.sent_at.envelopeNames) {
    const value = fields[name]
    if (value !== undefined) return { value, pointer: `/${name}` }
  }
  return null
}
