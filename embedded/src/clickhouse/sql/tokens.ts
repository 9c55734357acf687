import { createComments } from './comments.ts'

/** A piece of SQL; offsets are into the text given, quotes included. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

const skipped = /(?:[ \t\r\n\f\v\0]+|--[^\n]*|#[ !][^\n]*)+/y
const heredoc = /\$[A-Za-z0-9_]*\$/y
const patterns = [
  ['word', /[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff$]*/y],
  ['number', /\d[A-Za-z0-9_.]*/y],
] as const

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
  const ends = createEnds(sql, from)
  let position = from
  for (;;) {
    position = skip(sql, position, ends)
    if (position >= sql.length) return undefined
    const token = tokenAt(sql, position, ends)
    position = token.end
    yield token
  }
}

function skip(sql: string, from: number, ends: Ends): number {
  let position = from
  for (;;) {
    const blankEnd = match(skipped, sql, position)
    const end = ends.comment(blankEnd)
    if (end === blankEnd) return end
    position = end
  }
}

function tokenAt(sql: string, start: number, ends: Ends): Token {
  const token = (kind: Token['kind'], end: number): Token => ({
    kind,
    text: sql.slice(start, end),
    start,
    end,
  })
  for (const [kind, pattern] of patterns) {
    const end = match(pattern, sql, start)
    if (end > start) return token(kind, end)
  }
  const quotedEnd = ends.quoted(start)
  if (quotedEnd > start) return token(sql[start] === "'" ? 'string' : 'quoted', quotedEnd)
  const heredocEnd = ends.heredoc(start)
  return heredocEnd > start ? token('string', heredocEnd) : token('symbol', start + 1)
}

function createEnds(sql: string, from: number): Ends {
  const commentEnd = createComments(sql, from)
  const unclosed = new Set<string>()
  let lastTags: ReadonlyMap<string, number> | undefined
  return {
    comment: (start) => (sql.startsWith('/*', start) ? (commentEnd(start) ?? start) : start),
    quoted: (start) => {
      const quote = sql[start] ?? ''
      if (!`'"\``.includes(quote) || unclosed.has(quote)) return start
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

/** Where a quoted token ends; `start` when it is not closed. */
function quotedEnd(sql: string, start: number, quote: string): number {
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
  return token?.kind === 'word' && token.text.toUpperCase() === keyword
}
