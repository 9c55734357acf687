/** A piece of SQL; offsets are into the text given, quotes included. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

const skipped = /(?:[ \t\r\n\f\v\0]+|--[^\n]*|#[ !][^\n]*|\/\*[^]*?\*\/)+/y
const patterns = [
  ['word', /[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff$]*/y],
  ['number', /\d[A-Za-z0-9_.]*/y],
  ['string', /(\$[A-Za-z0-9_]*\$)[^]*?\1/y],
  ['symbol', /[^]/y],
] as const

/** Cuts SQL into tokens lazily, without comments and blanks: what follows may be binary data. */
export function* tokenise(sql: string, from = 0): Generator<Token, undefined> {
  let position = from
  for (;;) {
    position += match(skipped, sql, position)
    if (position >= sql.length) return undefined
    const token = tokenAt(sql, position)
    position = token.end
    yield token
  }
}

function tokenAt(sql: string, start: number): Token {
  const end = quotedEnd(sql, start)
  if (end > start) {
    const kind = sql[start] === "'" ? 'string' : 'quoted'
    return { kind, text: sql.slice(start, end), start, end }
  }
  for (const [kind, pattern] of patterns) {
    const length = match(pattern, sql, start)
    if (length > 0) {
      return { kind, text: sql.slice(start, start + length), start, end: start + length }
    }
  }
  throw new RangeError(`no token at ${start}`) // the last pattern takes anything
}

/** Where a quoted token ends; `start` when there is none or it is not closed. */
function quotedEnd(sql: string, start: number): number {
  const quote = sql[start]
  if (quote !== "'" && quote !== '`' && quote !== '"') return start
  for (let at = start + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++
    else if (sql[at] === quote && sql[at + 1] === quote) at++
    else if (sql[at] === quote) return at + 1
  }
  return start
}

function match(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at
  return sticky.exec(text)?.[0].length ?? 0
}

/** Whether the token is this keyword, which is given in upper case. */
export function isWord(token: Token | undefined, keyword: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === keyword
}
