import { isOverfull, pointerOf, scanValue, type EventInput } from '@custom-events/event'
import { checkCount, EMPTY, NOTHING_BESIDE, refuseTooDeep, withoutNotFinite } from './document.ts'
import type { Envelope, EnvelopeLimits } from './envelope-parts.ts'
import { linesOf, type Line } from './lines.ts'
import { parseText } from './parse-text.ts'
import { Refusal } from '../response/refusal.ts'
import { EVENTS_PER_LOOK } from '../admission/slices.ts'
import { noJson, NOT_UTF8, OVERFULL, unreadable } from './unreadable.ts'

const BYTE_ORDER_BYTES = Buffer.from('\ufeff')

/** NDJSON: pointers begin with the event's place among the lines that hold one. */
export function* readLines(body: Buffer, limits: EnvelopeLimits): Generator<void, Envelope> {
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
