import type { Asker } from './asker.ts'
import type { Statement } from './statement-kind.ts'
import { isWord, tokenise } from './tokens/tokens.ts'

type Accepted = Exclude<Statement, { kind: 'refused' }>

/** `SHOW GRANTS` of a login is that of its role: the one user of the engine, whom it would be of, may take every role. */
export function withOwnGrants(statement: Accepted, { engineRole }: Asker): Accepted {
  if (statement.kind !== 'command') return statement
  const { text } = statement
  const [show, grants, next] = tokenise(text)
  const isOfWhoAsks =
    isWord(show, 'SHOW') &&
    isWord(grants, 'GRANTS') &&
    (next === undefined || isWord(next, 'FORMAT'))
  if (!isOfWhoAsks || grants === undefined) return statement
  const [said, rest] = [text.slice(0, grants.end), text.slice(grants.end)]
  return { ...statement, text: `${said} FOR \`${engineRole}\`${rest}` }
}
