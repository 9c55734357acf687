import { isUtf8 } from 'node:buffer'
import { isOverfull, pointerOf, scanValue, type EventInput } from '@custom-events/event'
import { NOTHING_BESIDE, withoutNotFinite } from './document.ts'
import { blankBody, refuseCount, refuseTooDeep } from './document-refusals.ts'
import type { Envelope, EnvelopeLimits } from './envelope-parts.ts'
import { isBlank, parseText } from './parse-text.ts'
import { EVENTS_PER_LOOK } from '../admission/slices.ts'
import { noJson, NOT_UTF8, OVERFULL, unreadable } from './unreadable.ts'

const BYTE_ORDER_BYTES = Buffer.from('\ufeff')
/** Empty ones take next to nothing. */
const LINES_PER_LOOK = 1_000
const LINE_FEED = 0x0a

/** NDJSON: pointers begin with the event's place among the lines that hold one. */
export function* readLines(body: Buffer, limits: EnvelopeLimits): Generator<void, Envelope> {
  const hasMark = body.subarray(0, BYTE_ORDER_BYTES.length).equals(BYTE_ORDER_BYTES)
  const bytes = hasMark ? body.subarray(BYTE_ORDER_BYTES.length) : body
  const lines = yield* linesOf(bytes, limits.maxEvents)
  if (lines.length === 0) throw blankBody()
  refuseCount(lines.length, limits)
  const events: EventInput[] = []
  for (const [index, line] of lines.entries()) {
    if (index % EVENTS_PER_LOOK === EVENTS_PER_LOOK - 1) yield
    events.push(readLine(line, index))
  }
  return { events, ...NOTHING_BESIDE }
}

/** A line of NDJSON. */
interface Line {
  /** Base64 when the bytes are not UTF-8. */
  readonly text: string
  readonly isUtf8: boolean
  /** From 1, empty lines counted. */
  readonly number: number
}

/**
 * Lines that hold something, at most one more than `maxLines`: a body may hold millions. In pieces, between
 * which others may go on. A line is bytes of its own: one that is not UTF-8 says nothing about the others.
 */
function* linesOf(body: Buffer, maxLines: number): Generator<void, readonly Line[]> {
  const lines: Line[] = []
  let start = 0
  for (let number = 1; start < body.length && lines.length <= maxLines; number += 1) {
    if (number % LINES_PER_LOOK === 0) yield
    const feed = body.indexOf(LINE_FEED, start)
    const end = feed === -1 ? body.length : feed
    const line = lineOf(body.subarray(start, end), number)
    if (!isBlank(line.text)) lines.push(line)
    start = end + 1
  }
  return lines
}

function lineOf(bytes: Buffer, number: number): Line {
  const isText = isUtf8(bytes)
  return { text: bytes.toString(isText ? 'utf8' : 'base64'), isUtf8: isText, number }
}

/** What cannot be read of one line is one rejected event. @throws {Refusal} when it is nested absurdly. */
function readLine({ text, isUtf8: isText, number }: Line, index: number): EventInput {
  const place = { index, pointer: pointerOf('', index), text }
  if (!isText) return unreadable(place, NOT_UTF8)
  refuseTooDeep(text, number)
  if (isOverfull(text)) return unreadable(place, OVERFULL)
  try {
    const { value, json, notFinite: places } = parseText(text)
    const event = { ...place, value, scanned: scanValue(json, place.pointer) }
    return withoutNotFinite({ text, notFinite: places }, [event])[0] ?? event
  } catch {
    return unreadable(place, noJson(text, number))
  }
}
