import { closingQuote } from '@custom-events/event'

/** A JSON text as a value, with the places of what is no JSON but can be told apart from what is. */
export interface ParsedText {
  readonly value: unknown
  /** As long as the text that was sent, and JSON: a scanner finds its way in it. */
  readonly json: string
  /** Where a bare `NaN`, `Infinity` or `-Infinity` stood, in ascending order. */
  readonly notFinite: readonly number[]
}

/**
 * Parses a text whose only fault may be numbers that are none: Python's `json.dumps` writes them. In `json`
 * each is a 0 and spaces, so that every other value lies where it lay.
 *
 * @throws {SyntaxError} when anything else is wrong.
 */
export function parseText(text: string): ParsedText {
  try {
    return { value: JSON.parse(text), json: text, notFinite: [] }
  } catch (cause) {
    const masked = maskNotFinite(text)
    if (masked.notFinite.length === 0) throw cause
    return { value: JSON.parse(masked.json), ...masked }
  }
}

/** Whether there is nothing but the white space of JSON: `trim` takes away more, of what was sent. */
export function isBlank(text: string): boolean {
  return !/[^ \t\n\r]/.test(text)
}

const QUOTE = 0x22
const MINUS = 0x2d
const WORDS: ReadonlyMap<number, string> = new Map([
  [0x4e, 'NaN'],
  [0x49, 'Infinity'],
])
/** What may stand before and behind a value. */
const BEFORE = new Set([' ', '\t', '\n', '\r', ':', ',', '[', ''])
const BEHIND = new Set([' ', '\t', '\n', '\r', ',', ']', '}', ''])

function maskNotFinite(text: string): Omit<ParsedText, 'value'> {
  const notFinite: number[] = []
  let json = ''
  let copied = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = closingQuote(text, at)
      continue
    }
    const word = WORDS.get(code)
    if (word === undefined || !text.startsWith(word, at)) continue
    const start = word === 'Infinity' && text.charCodeAt(at - 1) === MINUS ? at - 1 : at
    const end = at + word.length
    if (!BEFORE.has(text.charAt(start - 1)) || !BEHIND.has(text.charAt(end))) continue
    notFinite.push(start)
    json += text.slice(copied, start) + '0'.padEnd(end - start)
    copied = end
    at = end - 1
  }
  return { json: json + text.slice(copied), notFinite }
}
