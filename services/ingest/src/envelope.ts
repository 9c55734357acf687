import { isUtf8 } from 'node:buffer'
import {
  atOnce,
  findSyntaxProblem,
  isJsonObject,
  ownValue,
  pointerOf,
  readEnvelopeContext,
  scanBody,
  scanBodyInPieces,
  scanList,
  scanValue,
  type EnvelopeContext,
  type EventInput,
  type JsonObject,
} from '@custom-events/event'
import { linesOf, type Line } from './lines.ts'
import { parseText, type ParsedText } from './parse-text.ts'
import { Refusal } from './refusal.ts'
import { EVENTS_PER_LOOK, inSlices, type Slices } from './slices.ts'
import { noJson, notFinite, NOT_UTF8, unreadable } from './unreadable.ts'

/** A body taken apart: its events and what was said beside them. */
export interface Envelope {
  readonly events: readonly EventInput[]
  readonly context: EnvelopeContext | null
  readonly sentAt: { readonly value: unknown; readonly pointer: string } | null
  /** The write key that SDKs put into the body; used on their paths only. */
  readonly key: string | null
}

export interface EnvelopeLimits {
  readonly maxEvents: number
  /** Of the `context` beside a list, counted once for every event that it is laid under. */
  readonly maxRepeatedContextBytes: number
}

/**
 * Reads the events of a body: one object, an array, `{"events":[…]}`, `{"batch":[…]}` or NDJSON.
 * A body without anything unusual is read in its bytes, with the same result.
 *
 * @throws {Refusal} 400 for what is no such body, 413 for too many events, 415 for multipart.
 */
export function readEnvelope(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
): Envelope {
  const scanned =
    contentType !== undefined && isSpecial(contentType) ? null : scanBody(body, limits.maxEvents)
  return scanned === null ? readPlainly(body, contentType, limits) : { ...scanned, context: null }
}

/** The same for a long body, giving way to others. */
export async function readLongEnvelope(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
  slices: Slices,
): Promise<Envelope> {
  const scanned =
    contentType !== undefined && isSpecial(contentType)
      ? null
      : await inSlices(scanBodyInPieces(body, limits.maxEvents), slices)
  if (scanned !== null) return { ...scanned, context: null }
  return inSlices(readPlainlyInPieces(body, contentType, limits), slices)
}

/** The plain way: parses the body and scans its text. */
export function readPlainly(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
): Envelope {
  return atOnce(readPlainlyInPieces(body, contentType, limits))
}

/** Lines are pieces; a document is parsed as one. */
function* readPlainlyInPieces(
  body: Buffer,
  contentType: string | undefined,
  limits: EnvelopeLimits,
): Generator<void, Envelope> {
  const mediaType = mediaTypeOf(contentType ?? '')
  if (mediaType.startsWith(MULTIPART)) {
    throw new Refusal(
      'unsupported_media_type',
      'multipart bodies are not read; send JSON or NDJSON',
    )
  }
  refuseUndeclared(body)
  return LINE_TYPES.has(mediaType)
    ? yield* readLines(body, limits)
    : readDocument(decode(body), limits)
}

/** First bytes of compressed bodies: RFC 1952, RFC 8878. No UTF-8 begins so. */
const COMPRESSED = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), fix: 'say Content-Encoding: gzip' },
  {
    name: 'zstd',
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    fix: 'zstd is not read: use gzip, deflate or br, and say so in Content-Encoding',
  },
]

function refuseUndeclared(body: Buffer): void {
  for (const { name, magic, fix } of COMPRESSED) {
    if (!body.subarray(0, magic.length).equals(magic)) continue
    throw new Refusal(
      'invalid_encoding',
      `the body begins like ${name}, which Content-Encoding does not say: ${fix}`,
    )
  }
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Every other type is read as JSON, see the contract. */
function isSpecial(contentType: string): boolean {
  if (contentType === 'application/json') return false
  const mediaType = mediaTypeOf(contentType)
  return mediaType.startsWith(MULTIPART) || LINE_TYPES.has(mediaType)
}

const MULTIPART = 'multipart/'
const LINE_TYPES = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl'])
const BYTE_ORDER_MARK = '\ufeff'
const BYTE_ORDER_BYTES = Buffer.from(BYTE_ORDER_MARK)
const EMPTY = 'the body holds nothing but white space'

function decode(body: Buffer): string {
  if (!isUtf8(body)) throw new Refusal('invalid_utf8', 'the body holds bytes that are not UTF-8')
  const decoded = body.toString('utf8')
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded
  if (text.trim() === '') throw new Refusal('empty_body', EMPTY)
  return text
}

function readDocument(text: string, limits: EnvelopeLimits): Envelope {
  const document = parse(text)
  const { value } = document
  if (Array.isArray(value)) {
    return { events: checkedScan(document, null, value, limits).events, ...NOTHING_BESIDE }
  }
  if (!isJsonObject(value)) {
    throw new Refusal('invalid_envelope', 'the body must be a JSON object or an array of objects')
  }
  const listKey = listKeyOf(value)
  if (listKey !== null) return readList(document, value, listKey, limits)
  const scanned = scanValue(document.json, '')
  const [event] = told(document, [{ index: 0, pointer: '', value, text, scanned }])
  return { events: event === undefined ? [] : [event], ...NOTHING_BESIDE, key: keyOf(value) }
}

const NOTHING_BESIDE = { context: null, sentAt: null, key: null }

function keyOf(body: JsonObject): string | null {
  const key = ownValue(body, 'writeKey') ?? ownValue(body, 'api_key')
  return typeof key === 'string' && key !== '' ? key : null
}

function listKeyOf(body: JsonObject): 'batch' | 'events' | null {
  const hasBatch = Array.isArray(ownValue(body, 'batch'))
  const hasEvents = Array.isArray(ownValue(body, 'events'))
  if (hasBatch && hasEvents) {
    throw new Refusal('invalid_envelope', 'the body has both "batch" and "events"; send one list')
  }
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
  const twice = envelope.findings.find(
    ({ code, pointer }) => code === 'duplicate_key' && pointer.lastIndexOf('/') === 0,
  )
  if (twice !== undefined) {
    throw new Refusal(
      'invalid_envelope',
      `the key at ${JSON.stringify(twice.pointer)} is there twice`,
    )
  }
  const sentAt = ['sentAt', 'sent_at'].flatMap((key) => {
    const value = ownValue(body, key)
    return value === undefined ? [] : { value, pointer: `/${key}` }
  })
  const context = readEnvelopeContext(body, document.text, envelope)
  checkRepeated(context, events.length, limits)
  return {
    events,
    context,
    sentAt: sentAt[0] ?? null,
    key: keyOf(body),
  }
}

/** Every event is stored with the whole context: a body within its limit could become gigabytes. */
function checkRepeated(
  context: EnvelopeContext | null,
  count: number,
  limits: EnvelopeLimits,
): void {
  const bytes = Buffer.byteLength(context?.text ?? '') * count
  if (bytes <= limits.maxRepeatedContextBytes) return
  throw new Refusal(
    'body_too_large',
    `the context beside the list would be ${bytes} bytes in its ${count} events; at most ${limits.maxRepeatedContextBytes}`,
  )
}

function checkedScan(
  document: Document,
  listKey: string | null,
  values: readonly unknown[],
  limits: EnvelopeLimits,
) {
  checkCount(values.length, limits)
  const { text, json } = document
  const { elements, envelope } = scanList(json, listKey)
  const base = listKey === null ? '' : pointerOf('', listKey)
  const events = elements.map((scanned, index): EventInput => {
    return { index, pointer: pointerOf(base, index), value: values[index], text, scanned }
  })
  return { events: told(document, events), envelope }
}

/** Of the events of a document, those that hold a number that is none are rejected by themselves. */
function told({ text, notFinite: places }: Document, events: readonly EventInput[]) {
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

/** NDJSON: pointers begin with the event's place among the lines that hold one. */
function* readLines(body: Buffer, limits: EnvelopeLimits): Generator<void, Envelope> {
  const hasMark = body.subarray(0, BYTE_ORDER_BYTES.length).equals(BYTE_ORDER_BYTES)
  const bytes = hasMark ? body.subarray(BYTE_ORDER_BYTES.length) : body
  const lines = yield* linesOf(bytes, limits.maxEvents)
  if (lines.length === 0) throw new Refusal('empty_body', EMPTY)
  checkCount(lines.length, limits)
  const events: EventInput[] = []
  for (const [index, line] of lines.entries()) {
    if (index % EVENTS_PER_LOOK === EVENTS_PER_LOOK - 1) yield
    events.push(readLine(line, index))
  }
  return { events, ...NOTHING_BESIDE }
}

/** What cannot be read of one line is one rejected event. */
function readLine({ text, isUtf8: isText, number }: Line, index: number): EventInput {
  const place = { index, pointer: pointerOf('', index), text }
  if (!isText) return unreadable(place, NOT_UTF8)
  try {
    const { value, json, notFinite: places } = parseText(text)
    const event = { ...place, value, scanned: scanValue(json, place.pointer) }
    return told({ text, json, value, notFinite: places }, [event])[0] ?? event
  } catch {
    return unreadable(place, noJson(text, number))
  }
}

function checkCount(count: number, { maxEvents }: EnvelopeLimits): void {
  if (count === 0) throw new Refusal('empty_batch', 'the list holds no event')
  if (count <= maxEvents) return
  throw new Refusal('too_many_events', `more than ${maxEvents} events in one request`)
}

/** A whole body as it was sent, and as it was read. */
interface Document extends ParsedText {
  readonly text: string
}

/** @throws {Refusal} */
function parse(text: string): Document {
  try {
    return { text, ...parseText(text) }
  } catch (cause) {
    throw noDocument(text, cause)
  }
}

function noDocument(text: string, cause?: unknown): Refusal {
  const problem = findSyntaxProblem(text)
  const detail = `line ${problem?.line ?? 1}, column ${problem?.column ?? 1}: expected ${problem?.expected ?? 'JSON'}`
  return new Refusal('invalid_json', detail, { cause })
}
