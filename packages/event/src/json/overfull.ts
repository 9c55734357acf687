import { closingQuote } from './closing-quote.ts'
import { KEY_NAMES, KNOWN_NAMES } from '../contract/fields.ts'
import { SCAN_LIMITS } from './json-cursor.ts'
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './bytes.ts'

/**
 * Keys of an event in all, at any depth: as many as properties, context and extra may have each, and its own. An
 * event with more is refused before it is parsed: 90,000 keys take 100 ms of everybody's time, 1 ms to be counted.
 */
export const MAX_EVENT_KEYS =
  3 * SCAN_LIMITS.maxKeys + [...KNOWN_NAMES, ...KEY_NAMES, 'type'].length

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

/** What of a body holds more keys than an event may. */
export interface Overfull {
  /** Events of its list, which is the body itself or what is named `batch` or `events` in it. */
  readonly events: readonly Place[]
  /** All of it: it is one such event, or has as many keys beside its list. */
  readonly body: 'event' | 'envelope' | null
}

const NOTHING: Overfull = { events: [], body: null }

/**
 * Finds them in one pass that needs no memory. Of a text that is no JSON events may be missed, or found where there are
 * none: then what is left of it is no JSON either, or an event is refused for the wrong reason.
 */
export function findOverfull(text: string, maxKeys = MAX_EVENT_KEYS): Overfull {
  if (text.length < maxKeys * MIN_CHARS_OF_KEY) return NOTHING
  const events: Place[] = []
  let depth = 0
  let depthOfList = NONE
  let hasList = false
  let keysBeside = 0
  let event = { start: 0, keys: 0 }
  let name = 0
  let endOfName = 0
  let end = -1
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        if (depth === 1) name = at
        at = closingQuote(text, at)
        if (depth === 1) endOfName = at
        break
      case COLON:
        if (depth > depthOfList) event.keys += 1
        else keysBeside += 1
        break
      case OPEN_ARRAY:
        if (depth === depthOfList) event = { start: at, keys: 0 }
        else if (depth === 0 || (depth === 1 && isNameOfList(text, name, endOfName)))
          depthOfList = depth + 1
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
          events.push({ start: event.start, end: at + 1 })
        if (depth < depthOfList) {
          hasList ||= depthOfList !== NONE
          depthOfList = NONE
        }
        if (depth === 0 && end === -1) end = at + 1
        break
    }
  }
  if (keysBeside <= maxKeys || !isOneObject(text, end)) return { events, body: null }
  return { events: [], body: hasList ? 'envelope' : 'event' }
}

/** Of a list, while there is none: nothing is so deep. */
const NONE = Infinity

/** Whether a text looks like one object and nothing else. @param end behind the first bracket that closes it. */
function isOneObject(text: string, end: number): boolean {
  return /^[ \t\n\r]*\{[ \t\n\r]*"/.test(text) && end !== -1 && !/[^ \t\n\r]/.test(text.slice(end))
}

/** Looked at before every list beside the events: a long name is none, and is not looked through each time. */
function isNameOfList(text: string, start: number, end: number): boolean {
  if (end - start > MAX_LIST_NAME_CHARS) return false
  const written = text.slice(start, end + 1)
  return LIST_NAMES.has(written.includes('\\') ? unescaped(written) : written)
}

/** `"events"`, each of its letters as an escape. */
const MAX_LIST_NAME_CHARS = 38
const LIST_NAMES = new Set(['"batch"', '"events"'])

function unescaped(written: string): string {
  try {
    return JSON.stringify(JSON.parse(written))
  } catch {
    return written
  }
}
