import {
  findSyntaxProblem,
  MAX_EVENT_KEYS,
  type EventInput,
  type Problem,
  type SyntaxProblem,
} from '@custom-events/event'

/** An event that cannot be read, and is rejected by itself: its neighbours are no worse for it. */
export function unreadable(
  place: Pick<EventInput, 'index' | 'pointer' | 'text'> & Partial<Pick<EventInput, 'scanned'>>,
  fault: Omit<Problem, 'pointer'>,
): EventInput {
  const { index, pointer, text } = place
  const scanned = place.scanned ?? { start: 0, end: text.length, members: [], findings: [] }
  return {
    index,
    pointer,
    value: undefined,
    text,
    scanned,
    fault: { ...fault, pointer },
  }
}

/** @param word as it stands in the event. */
export function notFinite(word: string): Omit<Problem, 'pointer'> {
  return {
    code: 'number_not_finite',
    detail: `the event holds ${word}, which is no number in JSON`,
    expected: 'finite numbers, or null',
    got: word,
    suggestion: 'send null, or leave the property out; in Python: json.dumps(…, allow_nan=False)',
  }
}

export const OVERFULL: Omit<Problem, 'pointer'> = {
  code: 'too_many_properties',
  detail: 'the event has so many keys that it was not read',
  expected: `at most ${MAX_EVENT_KEYS} keys in all, at any depth`,
  got: null,
  suggestion: 'send fewer keys, or several events',
}

export const NOT_UTF8: Omit<Problem, 'pointer'> = {
  code: 'invalid_utf8',
  detail: 'the line holds bytes that are not UTF-8; it is kept in base64',
  expected: 'UTF-8',
  got: null,
  suggestion: 'encode the line as UTF-8',
}

/** @param text of one line, which is no JSON. */
export function noJson(text: string, line: number): Omit<Problem, 'pointer'> {
  const { expected, detail } = syntaxFaultOf(text, line)
  return {
    code: 'invalid_json',
    detail,
    expected,
    got: null,
    suggestion: 'send one whole JSON object on each line',
  }
}

/**
 * Where a text stops being JSON, and what was expected there.
 *
 * @param text which is no JSON.
 * @param firstLine the number of the line that it begins with.
 */
export function syntaxFaultOf(
  text: string,
  firstLine = 1,
): { readonly at: number; readonly expected: string; readonly detail: string } {
  const { at, line, column, expected } = findSyntaxProblem(text) ?? AT_ITS_BEGINNING
  const place = `line ${firstLine + line - 1}, column ${column}`
  return { at, expected, detail: `${place}: expected ${expected}` }
}

const AT_ITS_BEGINNING: SyntaxProblem = { at: 0, line: 1, column: 1, expected: 'JSON' }
