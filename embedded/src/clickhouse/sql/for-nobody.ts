import { exception, type ServerException } from '../engine/errors.ts'
import { QUERIES_OF_ONE } from './asker.ts'
import type { Setting } from './settings.ts'
import { tokensOf, type Token } from './tokens/tokens.ts'
import { unescaped } from './unescaped.ts'

const OF_ALL_LOGINS = 'it would hold for the queries of all logins together'

/** Settings that no query may have, whoever asks. */
const REASONS = {
  // By it the front finds what it is to end, when a client goes away, a login is made or the process stops.
  query_cache_tag: 'queries are ended by it',
  // `eval(concat('SELECT de', 'faultRoles()'))`: what the front refuses by its text would be said by pieces that it cannot read.
  allow_experimental_eval_table_function: 'what eval() runs cannot be looked at',
  // A view that reads as its owner reads, to this engine, as its one user, who may take every role.
  default_normal_view_sql_security: 'a view says itself with whose rights it reads',
  default_materialized_view_sql_security: 'a view says itself with whose rights it reads',
  default_view_definer: 'a view says itself with whose rights it reads',
  // What a server counts for each user is one number for all logins here: one query would end, slow or refuse those of others.
  max_memory_usage_for_user: OF_ALL_LOGINS,
  memory_overcommit_ratio_denominator_for_user: OF_ALL_LOGINS,
  max_network_bandwidth_for_user: OF_ALL_LOGINS,
  max_network_bandwidth_for_all_users: OF_ALL_LOGINS,
  max_concurrent_queries_for_all_users: OF_ALL_LOGINS,
  [QUERIES_OF_ONE]: OF_ALL_LOGINS,
} as const
type ForNobody = keyof typeof REASONS

/** Not at the edge of a string, as in `getSetting('query_cache_tag')`: no setting can stand there. */
const NAMED = new RegExp(`(?<![\\w$'%])(?:${Object.keys(REASONS).join('|')})(?![\\w$'%])`, 'i')

/** For the engine quotes begin with them, for us they are letters: where a text ends would be told in two ways. */
const OTHER_QUOTES = /\u00e2\u0080[\u0098\u009c]/ // ‘ and “, one character per byte

/**
 * Why nobody may ask so: with one of these settings, or with quotes of another kind.
 *
 * @param text the statement without the data of an INSERT, one character per byte
 * @param settings of the address
 */
export function whyForNobody(
  text: string,
  settings: readonly Setting[] = [],
): ServerException | undefined {
  const hasOtherQuotes = ({ kind, text: said }: Token): boolean =>
    kind === 'word' && OTHER_QUOTES.test(said)
  if (OTHER_QUOTES.test(text) && tokensOf(text).some(hasOtherQuotes)) {
    return exception(62, 'Syntax error: texts stand in \'…\', names in "…" or `…`.')
  }
  const [named] = NAMED.exec(text) ?? NAMED.exec(unescaped(text)) ?? []
  const name = named?.toLowerCase() ?? settings.map(([given]) => given).find(isForNobody)
  if (name === undefined) return undefined
  return exception(452, `Setting ${name} should not be changed: ${REASONS[name as ForNobody]}.`)
}

/** These are the front's own in the end, whatever the address says. */
const LEFT_OUT: ReadonlySet<string> = new Set(['query_cache_tag', QUERIES_OF_ONE])

function isForNobody(name: string): boolean {
  return !LEFT_OUT.has(name) && Object.hasOwn(REASONS, name)
}
