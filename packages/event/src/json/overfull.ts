import { closingQuote } from './closing-quote.ts'
import { KNOWN_NAMES } from '../contract/fields.ts'
import { SCAN_LIMITS } from './json-cursor.ts'
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './bytes.ts'

/**
 * Keys of an event in all, at any depth: as many as properties, context and extra may have each, and its own. An
 * event with more is refused before it is parsed: 90,000 keys take 100 ms of everybody's time, 1 ms to be counted.
 */
export const MAX_EVENT_KEYS = 3 * SCAN_LIMITS.maxKeys + KNOWN_NAMES.length

/** Where a value lies in a text; the end is exclusive. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** A key has two quotes and a colon, a value and a comma. */
const MIN_CHARS_OF_KEY = 5

/** Whether a JSON text, normally an event, holds more keys than an event may. */
export function isOverfull(text: string, maxKeys = MAX_EVENT_KEYS): boolean {
  if (text.length < maxKeys * MIN_CHARS_OF_KEY) return false
  let keys = 0
  for (let at = 0; at < text.length && keys <= maxKeys; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = closingQuote(text, at)
    else if (code === COLON) keys += 1
  }
  return keys > maxKeys
}

/**
 * The events of a body that hold more keys than an event may, in one pass that needs no memory: those of its list
 * (the body itself, or what is named `batch` or `events` in it), or the whole body, when there are too many beside.
 *
 * Of a text that is no JSON some may be missed, or found where there are none: it is refused either way.
 */
export function overfullEvents(text: string, maxKeys = MAX_EVENT_KEYS): readonly Place[] {
  if (text.length < maxKeys * MIN_CHARS_OF_KEY) return []
  const found: Place[] = []
  let depth = 0
  let depthOfList = NONE
  let keysBeside = 0
  let event = { start: 0, keys: 0 }
  let name = 0
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        if (depth === 1) name = at
        at = closingQuote(text, at)
        break
      case COLON:
        if (depth > depthOfList) event.keys += 1
        else keysBeside += 1
        break
      case OPEN_ARRAY:
        if (depth === depthOfList) event = { start: at, keys: 0 }
        else if (depth === 0 || (depth === 1 && isListAt(text, name))) depthOfList = depth + 1
        depth += 1
        break
      case OPEN_OBJECT:
        if (depth === depthOfList) event = { start: at, keys: 0 }
        depth += 1
        break
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1
        if (depth === depthOfList && event.keys > maxKeys)
          found.push({ start: event.start, end: at + 1 })
        if (depth < depthOfList) depthOfList = NONE
        break
    }
  }
  return keysBeside > maxKeys ? [{ start: 0, end: text.length }] : found
}

/** Of a list, while there is none: nothing is so deep. */
const NONE = Infinity

function isListAt(text: string, name: number): boolean {
  return text.startsWith('"batch"', name) || text.startsWith('"events"', name)
}
