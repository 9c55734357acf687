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
import { linesOf } from './lines.ts'
import { Refusal } from './refusal.ts'
import { EVENTS_PER_LOOK, inSlices, type Slices } from './slices.ts'

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
  const text = decode(body)
  return LINE_TYPES.has(mediaType) ? yield* readLines(text, limits) : readDocument(text, limits)
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

function decode(body: Buffer): string {
  if (!isUtf8(body)) throw new Refusal('invalid_utf8', 'the body holds bytes that are not UTF-8')
  const decoded = body.toString('utf8')
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded
  if (text.trim() === '') throw new Refusal('empty_body', 'the body holds nothing but white space')
  return text
}

function readDocument(text: string, limits: EnvelopeLimits): Envelope {
  const value = parse(text, 1)
  if (Array.isArray(value)) return { events: list(text, null, value, limits), ...NOTHING_BESIDE }
  if (!isJsonObject(value)) {
    throw new Refusal('invalid_envelope', 'the body must be a JSON object or an array of objects')
  }
  const listKey = listKeyOf(value)
  if (listKey !== null) return readList(text, value, listKey, limits)
  const event = { index: 0, pointer: '', value, text, scanned: scanValue(text, '') }
  return { events: [event], ...NOTHING_BESIDE, key: keyOf(value) }
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
  text: string,
  body: JsonObject,
  listKey: 'batch' | 'events',
  limits: EnvelopeLimits,
): Envelope {
  const values = ownValue(body, listKey)
  const scanned = checkedScan(text, listKey, Array.isArray(values) ? values : [], limits)
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
  const context = readEnvelopeContext(body, text, envelope)
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

function list(
  text: string,
  listKey: string | null,
  values: readonly unknown[],
  limits: EnvelopeLimits,
): readonly EventInput[] {
  return checkedScan(text, listKey, values, limits).events
}

function checkedScan(
  text: string,
  listKey: string | null,
  values: readonly unknown[],
  limits: EnvelopeLimits,
) {
  checkCount(values.length, limits)
  const { elements, envelope } = scanList(text, listKey)
  const base = listKey === null ? '' : pointerOf('', listKey)
  const events = elements.map((scanned, index): EventInput => {
    return { index, pointer: pointerOf(base, index), value: values[index], text, scanned }
  })
  return { events, envelope }
}

/** NDJSON: pointers begin with the event's place among the lines that hold one. */
function* readLines(text: string, limits: EnvelopeLimits): Generator<void, Envelope> {
  const lines = yield* linesOf(text, limits.maxEvents)
  checkCount(lines.length, limits)
  const events: EventInput[] = []
  for (const [index, line] of lines.entries()) {
    if (index % EVENTS_PER_LOOK === EVENTS_PER_LOOK - 1) yield
    const value = parse(line.text, line.number)
    const pointer = pointerOf('', index)
    events.push({ index, pointer, value, text: line.text, scanned: scanValue(line.text, pointer) })
  }
  return { events, ...NOTHING_BESIDE }
}

function checkCount(count: number, { maxEvents }: EnvelopeLimits): void {
  if (count === 0) throw new Refusal('empty_batch', 'the list holds no event')
  if (count <= maxEvents) return
  throw new Refusal('too_many_events', `more than ${maxEvents} events in one request`)
}

function parse(text: string, firstLine: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const problem = findSyntaxProblem(text)
    const line = firstLine - 1 + (problem?.line ?? 1)
    const detail = `line ${line}, column ${problem?.column ?? 1}: expected ${problem?.expected ?? 'JSON'}`
    throw new Refusal('invalid_json', detail, { cause })
  }
}
