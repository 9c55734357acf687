import type { Statement } from './statement-kind.ts'
import { isWord, tokenise, type Token } from './tokens/tokens.ts'

const READING = ['SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN', 'CHECK', 'SET', 'USE']

/** Whether a statement leaves something for the next one of its session. */
export function makesState(statement: Statement): boolean {
  if (statement.kind !== 'command') return false
  const [first, ...next] = firstWords(statement.text)
  if (isWord(first, 'SET') || isWord(first, 'USE')) return true
  return isWord(first, 'CREATE') && next.some((token) => isWord(token, 'TEMPORARY'))
}

/** Whether a statement changes settings of its session, so that those of its own request would be in its way. */
export function setsSettings(statement: Statement): boolean {
  if (statement.kind !== 'command') return false
  const [first] = firstWords(statement.text)
  return isWord(first, 'SET') || isWord(first, 'USE')
}

/** Whether a statement may be sent by GET. */
export function isReading(statement: Statement): boolean {
  if (statement.kind === 'select') return true
  if (statement.kind !== 'command') return false
  const [first] = firstWords(statement.text)
  return READING.some((word) => isWord(first, word))
}

function firstWords(sql: string): readonly Token[] {
  const tokens = tokenise(sql)
  const next = (): readonly Token[] => [tokens.next().value].filter((token) => token !== undefined)
  return [...next(), ...next(), ...next(), ...next()]
}
