import { refused, utf8, type Statement } from './statement-kind.ts'
import { isWord, tokenise, tokensOf, type Token } from './tokens/tokens.ts'

/**
 * Finds where the data of an INSERT begins: behind VALUES, or behind FORMAT, its name, blanks and
 * at most one line end, as the server does. Reads no token beyond that, the data may be anything.
 */
export function readInsert(sql: string, insert: Token): Statement {
  const tokens = tokenise(sql, insert.end)
  skipTarget(tokens)
  const clause = findClause(tokens)
  const settingsStart = clause.settings?.start
  const targetEnd = settingsStart ?? clause.token?.start ?? sql.length
  const target = utf8(sql.slice(insert.start, targetEnd))
  const settings =
    settingsStart === undefined ? '' : utf8(sql.slice(settingsStart, clause.token?.start))
  switch (clause.kind) {
    case 'values':
      return { kind: 'insert', target, settings, format: 'Values', dataStart: clause.token.end }
    case 'format':
      return readFormat(sql, clause.token, { target, settings })
    case 'select':
      return readInsertSelect(sql)
    case 'infile':
      return refused(78, 'FROM INFILE is for clients: send the data in the body of the request.')
    case 'none':
      return refused(62, 'Syntax error: expected VALUES, FORMAT or SELECT in INSERT.')
    default:
      return clause satisfies never
  }
}

/** Consumes `[INTO] [TABLE] [FUNCTION] name`; a table may be called like a keyword. */
function skipTarget(tokens: Iterator<Token>): void {
  let { value, done } = tokens.next()
  while (!done && ['INTO', 'TABLE', 'FUNCTION'].some((word) => isWord(value, word))) {
    ;({ value, done } = tokens.next())
  }
}

type Clause = { readonly settings: Token | undefined } & (
  | { readonly kind: 'values' | 'format' | 'select' | 'infile'; readonly token: Token }
  | { readonly kind: 'none'; readonly token: undefined }
)

function findClause(tokens: Iterator<Token>): Clause {
  let depth = 0
  let isFirstInGroup = false
  let settings: Token | undefined
  let isBehindDot = false
  for (let { value, done } = tokens.next(); !done; { value, done } = tokens.next()) {
    const token = value as Token // not done
    const startsSelect = isWord(token, 'SELECT') || isWord(token, 'WITH')
    if (startsSelect && (depth === 0 || isFirstInGroup)) return { kind: 'select', token, settings }
    isFirstInGroup = token.text === '('
    if (token.text === '(' || token.text === '[') depth++
    else if (token.text === ')' || token.text === ']') depth--
    else if (depth === 0 && !isBehindDot) {
      if (isWord(token, 'VALUES')) return { kind: 'values', token, settings }
      if (isWord(token, 'FORMAT')) return { kind: 'format', token, settings }
      if (isWord(token, 'FROM')) return { kind: 'infile', token, settings }
      if (isWord(token, 'SETTINGS')) settings ??= token
    }
    isBehindDot = token.text === '.'
  }
  return { kind: 'none', token: undefined, settings }
}

function readFormat(
  sql: string,
  keyword: Token,
  parts: { readonly target: string; readonly settings: string },
): Statement {
  const name = tokenise(sql, keyword.end).next().value
  if (name === undefined || (name.kind !== 'word' && name.kind !== 'quoted')) {
    return refused(62, 'Syntax error: expected the name of a format behind FORMAT.')
  }
  const settingsEnd = skipSettings(sql, name.end)
  const settings = parts.settings || utf8(sql.slice(name.end, settingsEnd))
  const behind = sql.slice(settingsEnd, settingsEnd + 1024)
  const [blanks = ''] = /^[ \t\f]*\r?\n?/.exec(behind) ?? []
  const dataStart = settingsEnd + blanks.length
  if (sql[settingsEnd] === ';') {
    return refused(62, "Syntax error: excessive ';' in front of the data of INSERT.")
  }
  return { kind: 'insert', target: parts.target, settings, format: name.text, dataStart }
}

/** The end of `SETTINGS name = value, …` behind the format's name, or `from` when there is none. */
function skipSettings(sql: string, from: number): number {
  const tokens = tokenise(sql, from)
  const next = (): Token | undefined => tokens.next().value
  if (!isWord(next(), 'SETTINGS')) return from
  for (;;) {
    const [name, equals, value] = [next(), next(), next()]
    if (name?.kind !== 'word' || equals?.text !== '=' || value === undefined) return from
    if (next()?.text !== ',') return value.end
  }
}

function readInsertSelect(sql: string): Statement {
  const tokens = tokensOf(sql)
  const semicolon = tokens.findIndex((token) => token.text === ';')
  if (semicolon !== -1 && tokens.slice(semicolon).some((token) => token.text !== ';')) {
    return refused(62, 'Syntax error (Multi-statements are not allowed).')
  }
  if (tokens.some((token, at) => isWord(token, 'INPUT') && tokens[at + 1]?.text === '(')) {
    return refused(48, 'INSERT … SELECT FROM input() is not supported here: insert into a table.')
  }
  const statement = semicolon === -1 ? tokens : tokens.slice(0, semicolon)
  return { kind: 'insert select', text: utf8(sql.slice(0, statement.at(-1)?.end)) }
}
