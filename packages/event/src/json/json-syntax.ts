/** Where a text stops being JSON. */
export interface SyntaxProblem {
  /** From 0, in characters. */
  readonly at: number
  /** Both from 1; columns count characters. */
  readonly line: number
  readonly column: number
  readonly expected: string
}

/** What is expected behind a whole document. */
export const END_OF_BODY = 'the end of the body'

/**
 * Finds the first place where a text breaks the grammar of JSON (RFC 8259), or `null` when it is
 * JSON. Runs only after `JSON.parse` failed, whose messages have no place for many errors.
 */
export function findSyntaxProblem(text: string): SyntaxProblem | null {
  const reader: Reader = { text, at: 0 }
  const expected = readDocument(reader)
  if (expected === null) return null
  return { ...placeOf(text, reader.at), at: reader.at, expected }
}

/** Millions of lines are counted, not made. */
function placeOf(text: string, at: number): Pick<SyntaxProblem, 'line' | 'column'> {
  let line = 1
  let lineStart = 0
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', end + 1)) {
    line += 1
    lineStart = end + 1
  }
  return { line, column: at - lineStart + 1 }
}

interface Reader {
  readonly text: string
  at: number
}

/** Each function consumes what it names and returns `null`, or stops there and says what it expected. */
type Expected = string | null

/** What comes next in a document: a value, what follows a value, its end, or something wrong. */
type Next = 'value' | 'rest' | 'end' | { readonly expected: string }

type Bracket = '{' | '['

/** One loop over a stack of open brackets: nesting is the sender's choice, ours is no recursion. */
function readDocument(reader: Reader): Expected {
  const open: Bracket[] = []
  let next: Next = 'value'
  while (next === 'value' || next === 'rest') {
    take(reader, SPACE)
    next = next === 'value' ? readValue(reader, open) : readRest(reader, open)
  }
  return next === 'end' ? null : next.expected
}

function readValue(reader: Reader, open: Bracket[]): Next {
  const bracket = openBracket(reader)
  if (bracket === null) return orExpected(readScalar(reader), 'rest')
  take(reader, SPACE)
  if (takeChar(reader, CLOSING[bracket])) return 'rest'
  open.push(bracket)
  if (bracket === '[') return 'value'
  return orExpected(readKey(reader, 'a key in double quotes, or }'), 'value')
}

/** After a value: the end of what it is in, or a comma and the next value. */
function readRest(reader: Reader, open: Bracket[]): Next {
  const innermost = open.at(-1)
  if (innermost === undefined) {
    return reader.at === reader.text.length ? 'end' : { expected: END_OF_BODY }
  }
  if (takeChar(reader, CLOSING[innermost])) {
    open.pop()
    return 'rest'
  }
  if (!takeChar(reader, ',')) return { expected: `a comma, or ${CLOSING[innermost]}` }
  if (innermost === '[') return 'value'
  take(reader, SPACE)
  return orExpected(readKey(reader, 'a key in double quotes'), 'value')
}

function orExpected(expected: Expected, next: Next): Next {
  return expected === null ? next : { expected }
}

const CLOSING = { '{': '}', '[': ']' } as const

function openBracket(reader: Reader): Bracket | null {
  if (takeChar(reader, '{')) return '{'
  return takeChar(reader, '[') ? '[' : null
}

function readKey(reader: Reader, whatToExpect: string): Expected {
  if (reader.text[reader.at] !== '"') return whatToExpect
  const expected = readString(reader)
  if (expected !== null) return expected
  take(reader, SPACE)
  return takeChar(reader, ':') ? null : 'a colon'
}

const SPACE = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
// eslint-disable-next-line no-control-regex -- control characters are exactly what JSON forbids here
const PLAIN_CHARS = /[^"\\\u0000-\u001f]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function readScalar(reader: Reader): Expected {
  if (reader.text[reader.at] === '"') return readString(reader)
  return take(reader, NUMBER) || take(reader, WORD) ? null : 'a value'
}

function readString(reader: Reader): Expected {
  reader.at += 1
  do take(reader, PLAIN_CHARS)
  while (take(reader, ESCAPE))
  if (takeChar(reader, '"')) return null
  return reader.text[reader.at] === '\\' ? 'a valid escape' : 'the end of a string: "'
}

/** Consumes what the (sticky) pattern matches; whether that was anything. */
function take(reader: Reader, pattern: RegExp): boolean {
  pattern.lastIndex = reader.at
  const length = pattern.exec(reader.text)?.[0].length ?? 0
  reader.at += length
  return length > 0
}

function takeChar(reader: Reader, char: string): boolean {
  if (reader.text[reader.at] !== char) return false
  reader.at += 1
  return true
}
