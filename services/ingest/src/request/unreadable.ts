import {
  findSyntaxProblem,
  MAX_EVENT_KEYS,
  type EventInput,
  type Problem,
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
  const problem = findSyntaxProblem(text)
  return {
    code: 'invalid_json',
    detail: `line ${line}, column ${problem?.column ?? 1}: expected ${problem?.expected ?? 'JSON'}`,
    expected: problem?.expected ?? 'JSON',
    got: null,
    suggestion: 'send one whole JSON object on each line',
  }
}
