import { exception, type ServerException } from './errors.ts'
import { readInsert } from './insert-statement.ts'
import { isWord, tokenise, type Token } from './tokens.ts'

/** What the front has to do for a statement. */
export type Statement =
  | {
      /** Rows stream out: `text` without its FORMAT clause and what follows that. */
      readonly kind: 'select'
      readonly text: string
      readonly format: string | undefined
      readonly settings: string
    }
  | {
      /** Data follows the text, from byte `dataStart` on. */
      readonly kind: 'insert'
      readonly target: string
      readonly settings: string
      readonly format: string
      readonly dataStart: number
    }
  /** INSERT … SELECT. */
  | { readonly kind: 'insert select'; readonly text: string }
  /** Everything else: it answers little or nothing. */
  | { readonly kind: 'command'; readonly text: string; readonly format: string | undefined }
  | { readonly kind: 'refused'; readonly error: ServerException }

/**
 * Decides what kind of statement this is, as far as the front must know; the engine judges the
 * rest. `sql` is one character per byte (latin1), so offsets are those of the bytes.
 */
export function readStatement(sql: string): Statement {
  const [first] = tokenise(sql)
  if (first === undefined) return refused(62, 'Syntax error: empty query.')
  if (isWord(first, 'INSERT')) return readInsert(sql, first)
  const tokens = [...tokenise(sql)]
  const end = findEnd(tokens)
  if (end === undefined) return refused(62, 'Syntax error (Multi-statements are not allowed).')
  const statement = tokens.slice(0, end)
  return refusal(statement) ?? readQuery(sql, statement)
}

export function refused(code: 48 | 62 | 78 | 482, message: string): Statement {
  return { kind: 'refused', error: exception(code, message) }
}

/** How many tokens there are before the closing semicolons; undefined when more follows them. */
function findEnd(tokens: readonly Token[]): number | undefined {
  const semicolon = tokens.findIndex((token) => token.text === ';')
  if (semicolon === -1) return tokens.length
  return tokens.slice(semicolon).every((token) => token.text === ';') ? semicolon : undefined
}

function refusal(tokens: readonly Token[]): Statement | undefined {
  const has = (...words: readonly string[]): boolean =>
    tokens.some((_, at) => words.every((word, offset) => isWord(tokens[at + offset], word)))
  if (has('INTO', 'OUTFILE')) return refused(482, 'INTO OUTFILE is not allowed.')
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

export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}
