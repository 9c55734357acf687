import { isUtf8 } from 'node:buffer'
import {
  findOverfull,
  isJsonObject,
  KEY_NAMES,
  ownValue,
  pointerOf,
  readEnvelopeContext,
  scanList,
  scanValue,
  SENT_FIELDS,
  type EventInput,
  type JsonObject,
  type Place,
} from '@custom-events/event'
import {
  blankBody,
  noDocument,
  noObject,
  notUtf8,
  overfullEnvelope,
  refuseCount,
  refuseDoubled,
  refuseRepeated,
  refuseTooDeep,
  twoLists,
} from './document-refusals.ts'
import type { Envelope, EnvelopeLimits } from './envelope-parts.ts'
import { isBlank, parseText, type ParsedText } from './parse-text.ts'
import { notFinite, OVERFULL, unreadable } from './unreadable.ts'

/**
 * One event, an array of them, `{"events":[…]}` or `{"batch":[…]}`.
 *
 * @throws {Refusal}
 */
export function readDocument(body: Buffer, limits: EnvelopeLimits): Envelope {
  const decoded = decode(body)
  refuseTooDeep(decoded, 1)
  const overfull = findOverfull(decoded)
  if (overfull.body === 'envelope') throw overfullEnvelope()
  if (overfull.body === 'event') return unreadEvent(decoded)
  const document = parse(decoded, overfull.events)
  const { text, value } = document
  if (Array.isArray(value)) {
    return { events: checkedScan(document, null, value, limits).events, ...NOTHING_BESIDE }
  }
  if (!isJsonObject(value)) throw noObject(value)
  const listKey = listKeyOf(value)
  if (listKey !== null) return readList(document, value, listKey, limits)
  const scanned = scanValue(document.json, '')
  const [event] = withoutNotFinite(document, [{ index: 0, pointer: '', value, text, scanned }])
  return { events: event === undefined ? [] : [event], ...NOTHING_BESIDE, key: keyOf(value) }
}

function unreadEvent(text: string): Envelope {
  const event = unreadable({ index: 0, pointer: '', text }, OVERFULL)
  return { events: [event], ...NOTHING_BESIDE, isUnread: true }
}

export const NOTHING_BESIDE = { context: null, sentAt: null, key: null }

function keyOf(body: JsonObject): string | null {
  const key = KEY_NAMES.map((name) => ownValue(body, name)).find((each) => each !== undefined)
  return typeof key === 'string' && key !== '' ? key : null
}

function listKeyOf(body: JsonObject): 'batch' | 'events' | null {
  const hasBatch = Array.isArray(ownValue(body, 'batch'))
  const hasEvents = Array.isArray(ownValue(body, 'events'))
  if (hasBatch && hasEvents) throw twoLists()
  if (hasBatch) return 'batch'
  return hasEvents ? 'events' : null
}

function readList(
  document: Document,
  body: JsonObject,
  listKey: 'batch' | 'events',
  limits: EnvelopeLimits,
): Envelope {
  const values = ownValue(body, listKey)
  const scanned = checkedScan(document, listKey, Array.isArray(values) ? values : [], limits)
  const { envelope, events } = scanned
  refuseDoubled(envelope.members)
  const sentAt = SENT_FIELDS.sent_at.envelopeNames.flatMap((key) => {
    const value = ownValue(body, key)
    return value === undefined ? [] : { value, pointer: `/${key}` }
  })
  const context = readEnvelopeContext(body, document.text, envelope)
  refuseRepeated(context, events.length, limits)
  return { events, context, sentAt: sentAt[0] ?? null, key: keyOf(body) }
}

function checkedScan(
  document: Document,
  listKey: string | null,
  values: readonly unknown[],
  limits: EnvelopeLimits,
) {
  refuseCount(values.length, limits)
  const { text, json } = document
  const { elements, envelope } = scanList(json, listKey)
  const base = listKey === null ? '' : pointerOf('', listKey)
  const events = elements.map((scanned, index): EventInput => {
    return { index, pointer: pointerOf(base, index), value: values[index], text, scanned }
  })
  return { events: withoutNotFinite(document, withoutOverfull(document, events)), envelope }
}

const BYTE_ORDER_MARK = '\ufeff'

function decode(body: Buffer): string {
  if (!isUtf8(body)) throw notUtf8(body)
  const decoded = body.toString('utf8')
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded
  if (isBlank(text)) throw blankBody()
  return text
}

/** A whole body as it was sent, and as it was read. */
interface Document extends ParsedText {
  readonly text: string
  /** Events that were not read. */
  readonly overfull: readonly Place[]
}

/** @param overfull events of a list, which are not parsed. @throws {Refusal} */
function parse(text: string, overfull: readonly Place[]): Document {
  const left = without(text, overfull)
  try {
    return { text, overfull, ...parseText(left) }
  } catch (cause) {
    throw noDocument(left, cause)
  }
}

/** The same text, line by line, with a 0 and blanks at each of these places. */
function without(text: string, places: readonly Place[]): string {
  let kept = ''
  let copied = 0
  for (const { start, end } of places) {
    const lines = text.slice(start + 1, end).split('\n')
    const blanks = lines.map(({ length }) => ' '.repeat(length)).join('\n')
    kept += `${text.slice(copied, start)}0${blanks}`
    copied = end
  }
  return kept + text.slice(copied)
}

function withoutOverfull(
  { overfull }: Document,
  events: readonly EventInput[],
): readonly EventInput[] {
  if (overfull.length === 0) return events
  const places = new Map(overfull.map((place) => [place.start, place]))
  return events.map((event) => {
    const place = places.get(event.scanned.start)
    if (place === undefined) return event
    const scanned = { ...place, members: [], findings: [] }
    return unreadable({ ...event, scanned }, OVERFULL)
  })
}

/** Of the events of a document, those that hold a number that is none are rejected by themselves. */
export function withoutNotFinite(
  { text, notFinite: places }: Pick<Document, 'text' | 'notFinite'>,
  events: readonly EventInput[],
): readonly EventInput[] {
  if (places.length === 0) return events
  let next = 0
  const judged = events.map((event): EventInput => {
    const place = places[next] ?? Infinity
    const { start, end } = event.scanned
    if (place >= end || place < start) return event
    while ((places[next] ?? Infinity) < end) next += 1
    return unreadable(
      event,
      notFinite(/^-?[A-Za-z]+/.exec(text.slice(place, place + 9))?.[0] ?? ''),
    )
  })
  // One beside the events belongs to all of them.
  if (next < places.length) throw noDocument(text)
  return judged
}
