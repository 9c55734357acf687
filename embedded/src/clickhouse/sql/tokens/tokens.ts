import { otherBlanks } from './blanks.ts'
import { createComments } from './comments.ts'
import { numberEnd } from './numbers.ts'

/** A piece of SQL; offsets are into the text given, quotes included. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

const skipped = /(?:[ \t\r\n\f\v\0]+|--[^\n]*|\/\/[^\n]*|#[ !][^\n]*)+/y
const heredoc = /\$[A-Za-z0-9_]*\$/y
/** What is no ASCII, and no blank, stands by itself: to the engine it is an error, if not a sign. */
const word = /[A-Za-z_][A-Za-z0-9_$]*|\$[A-Za-z0-9_][A-Za-z0-9_$]*|[\u0080-\uffff]+/y

/** Where what begins at an offset ends; the offset itself when nothing does, or when it is not closed. */
interface Ends {
  comment(start: number): number
  quoted(start: number): number
  heredoc(start: number): number
}

/**
 * Cuts SQL into tokens lazily, without comments and blanks: what follows may be binary data. What is not closed is
 * looked for once, so that the time grows with the length of the text and no faster.
 */
export function* tokenise(sql: string, from = 0): Generator<Token, undefined> {
  const next = createTokens(sql, from)
  for (let token = next(); token !== undefined; token = next()) yield token
  return undefined
}

/** All tokens of a statement. */
export function tokensOf(sql: string): readonly Token[] {
  const next = createTokens(sql, 0)
  const tokens: Token[] = []
  for (let token = next(); token !== undefined; token = next()) tokens.push(token)
  return tokens
}

function createTokens(sql: string, from: number): () => Token | undefined {
  const ends = createEnds(sql, from)
  let position = from
  let last: Token | undefined
  return () => {
    position = skip(sql, position, ends)
    if (position >= sql.length) return undefined
    last = tokenAt({ sql, start: position, ends, last })
    position = last.end
    return last
  }
}

function skip(sql: string, from: number, ends: Ends): number {
  let position = from
  for (;;) {
    const code = sql.charCodeAt(position)
    // Nothing that is skipped begins behind the slash in ASCII: most tokens are told from their first character.
    if (code > SLASH && code < 0x80) return position
    const end = code >= 0x80 ? match(otherBlanks, sql, position) : endOfBlanks(sql, position, ends)
    if (end === position) return end
    position = end
  }
}

function endOfBlanks(sql: string, from: number, ends: Ends): number {
  return ends.comment(match(skipped, sql, from))
}

const SLASH = 0x2f
const DOLLAR = 0x24
const DOT = 0x2e

function tokenAt(beginning: Beginning): Token {
  const { sql, start } = beginning
  const kind = kindOf(sql.charCodeAt(start))
  const end = kind === 'symbol' ? start : endOf(kind, beginning)
  if (end > start) return { kind, text: sql.slice(start, end), start, end }
  // A dollar that begins no heredoc is part of a word: `$1e` is no number.
  const wordEnd = sql.charCodeAt(start) === DOLLAR ? match(word, sql, start) : start
  return wordEnd > start
    ? { kind: 'word', text: sql.slice(start, wordEnd), start, end: wordEnd }
    : { kind: 'symbol', text: sql.charAt(start), start, end: start + 1 }
}

/** What begins with this character, if it is closed. */
function kindOf(code: number): Token['kind'] {
  if ((code >= 0x61 && code <= 0x7a) || code === 0x5f || code >= 0x80) return 'word'
  if (code >= 0x41 && code <= 0x5a) return 'word'
  if ((code >= 0x30 && code <= 0x39) || code === DOT) return 'number'
  if (code === 0x27 || code === DOLLAR) return 'string'
  return code === 0x22 || code === 0x60 ? 'quoted' : 'symbol'
}

interface Beginning {
  readonly sql: string
  readonly start: number
  readonly ends: Ends
  /** What stands before it. */
  readonly last: Token | undefined
}

function endOf(kind: Exclude<Token['kind'], 'symbol'>, beginning: Beginning): number {
  const { sql, start, ends, last } = beginning
  if (kind === 'word') return match(word, sql, start)
  if (kind === 'number') return numberEnd(sql, start, last)
  return sql.charCodeAt(start) === DOLLAR ? ends.heredoc(start) : ends.quoted(start)
}

function createEnds(sql: string, from: number): Ends {
  const commentEnd = createComments(sql, from)
  const unclosed = new Set<string>()
  let lastTags: ReadonlyMap<string, number> | undefined
  return {
    // The engine takes nothing behind a comment that is not closed.
    comment: (start) => (sql.startsWith('/*', start) ? (commentEnd(start) ?? sql.length) : start),
    quoted: (start) => {
      const quote = sql.charAt(start)
      if (unclosed.has(quote)) return start
      const end = quotedEnd(sql, start, quote)
      if (end === start) unclosed.add(quote)
      return end
    },
    heredoc: (start) => {
      const tagEnd = match(heredoc, sql, start)
      if (tagEnd === start) return start
      const tag = sql.slice(start, tagEnd)
      lastTags ??= findLastTags(sql, start)
      return (lastTags.get(tag) ?? 0) < tagEnd ? start : sql.indexOf(tag, tagEnd) + tag.length
    },
  }
}

/** Where a quoted token ends; `start` when it is not closed. A quote is escaped by another, or by a backslash. */
export function quotedEnd(sql: string, start: number, quote: string): number {
  for (let at = start + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++
    else if (sql[at] === quote && sql[at + 1] === quote) at++
    else if (sql[at] === quote) return at + 1
  }
  return start
}

/** The last place of each `$tag$`. */
function findLastTags(sql: string, from: number): ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  const tag = /\$(?=([A-Za-z0-9_]*\$))/g
  tag.lastIndex = from
  for (let found = tag.exec(sql); found !== null; found = tag.exec(sql)) {
    last.set(`$${found[1]}`, found.index)
  }
  return last
}

/** The end of what the pattern matches here; `at` when it does not. */
function match(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at
  return sticky.test(text) ? sticky.lastIndex : at
}

/** Whether the token is this keyword, which is given in upper case. */
export function isWord(token: Token | undefined, keyword: string): boolean {
  return (
    token?.kind === 'word' &&
    token.text.length === keyword.length &&
    token.text.toUpperCase() === keyword
  )
}
