import { MAX_NESTING } from '../json/nesting.ts'
import { MAX_EVENT_KEYS } from '../json/overfull.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  IRREGULAR,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
} from '../json/bytes.ts'
import { FastBody, FastInput } from './fast-input.ts'
import { OpenPart } from './open-part.ts'
import { keepRanges, makeRoom, type GrowingRanges } from './ranges.ts'
import { scanEvent } from './scan-event.ts'

/** Where the list puts the places of its events, and how many it may have. */
export interface ListRoom {
  readonly ranges: GrowingRanges
  readonly maxEvents: number
}

/** The events of a list that were found so far. */
export interface EventList {
  readonly body: FastBody
  readonly ranges: GrowingRanges
  readonly open: OpenPart
  readonly events: FastInput[]
  readonly maxEvents: number
}

export function openList(
  bytes: Buffer,
  pointer: string,
  { ranges, maxEvents }: ListRoom,
): EventList {
  const body = new FastBody(ranges, { pointer, isList: true })
  return { body, ranges, open: new OpenPart(bytes), events: [], maxEvents }
}

/** Few: one that is parsed by itself may take 2 ms. */
const EVENTS_OF_PIECE = 8

/**
 * Finds the events of a list, which begins at `start`; one that is unusual is skipped, and parsed by itself.
 *
 * @returns behind the closing bracket, or `IRREGULAR`.
 */
export function* scanEvents(list: EventList, start: number): Generator<void, number> {
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
