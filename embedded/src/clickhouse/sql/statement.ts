import { readInsert } from './insert-statement.ts'
import { isWord, tokenise, tokensOf, type Token } from './tokens/tokens.ts'
import { type Statement, refused, utf8 } from './statement-kind.ts'

/**
 * Decides what kind of statement this is, as far as the front must know; the engine judges the
 * rest. `sql` is one character per byte (latin1), so offsets are those of the bytes.
 */
export function readStatement(sql: string): Statement {
  const [first] = tokenise(sql)
  if (first === undefined) return refused(62, 'Syntax error: empty query.')
  if (isWord(first, 'INSERT')) return readInsert(sql, first)
  const tokens = tokensOf(sql)
  const end = findEnd(tokens)
  if (end === undefined) return refused(62, 'Syntax error (Multi-statements are not allowed).')
  const statement = end === tokens.length ? tokens : tokens.slice(0, end)
  return refusal(statement) ?? readQuery(sql, statement)
}

/** How many tokens there are before the closing semicolons; undefined when more follows them. */
function findEnd(tokens: readonly Token[]): number | undefined {
  const semicolon = tokens.findIndex((token) => token.text === ';')
  if (semicolon === -1) return tokens.length
  return tokens.slice(semicolon).every((token) => token.text === ';') ? semicolon : undefined
}

function refusal(tokens: readonly Token[]): Statement | undefined {
  const writesFile = tokens.some(
    (token, at) => isWord(token, 'INTO') && isWord(tokens[at + 1], 'OUTFILE'),
  )
  if (writesFile) return refused(482, 'INTO OUTFILE is not allowed.')
  if (isWord(tokens[0], 'KILL') && isWord(tokens[1], 'QUERY')) {
    return refused(48, 'KILL QUERY is not supported here: close the connection of the query.')
  }
  return undefined
}

function readQuery(sql: string, tokens: readonly Token[]): Statement {
  const last = tokens.at(-1)
  const text = utf8(sql.slice(0, last?.end ?? 0))
  const clause = findFormat(tokens)
  if (isInsertAfterWith(tokens)) return { kind: 'insert select', text }
  if (!isSelect(tokens)) return { kind: 'command', text, format: clause?.format }
  if (clause === undefined || last === undefined) {
    return { kind: 'select', text, format: undefined, settings: '' }
  }
  return {
    kind: 'select',
    text: utf8(sql.slice(0, clause.start)),
    format: clause.format,
    settings: utf8(sql.slice(clause.end, last.end)),
  }
}

function isSelect(tokens: readonly Token[]): boolean {
  const first = tokens.find((token) => token.text !== '(')
  return isWord(first, 'SELECT') || isWord(first, 'WITH') || isWord(first, 'FROM')
}

function isInsertAfterWith(tokens: readonly Token[]): boolean {
  if (!isWord(tokens[0], 'WITH')) return false
  const at = tokens.findIndex((token) => isWord(token, 'INSERT'))
  return at !== -1 && isWord(tokens[at + 1], 'INTO')
}

/** `FORMAT name` at the end, where at most SETTINGS may follow. */
function findFormat(
  tokens: readonly Token[],
): { readonly format: string; readonly start: number; readonly end: number } | undefined {
  const at = tokens.findLastIndex((token, index) => {
    const name = tokens[index + 1]
    const next = tokens[index + 2]
    const isClause = isWord(token, 'FORMAT') && (name?.kind === 'word' || name?.kind === 'quoted')
    return isClause && index > 0 && (next === undefined || isWord(next, 'SETTINGS'))
  })
  const [keyword, name] = at === -1 ? [] : tokens.slice(at)
  if (keyword === undefined || name === undefined) return undefined
  return { format: name.text, start: keyword.start, end: name.end }
}
