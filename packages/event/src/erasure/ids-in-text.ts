import type { IdKind } from './erased-id.ts'
import type { ErasedIds } from './erased-ids.ts'
import type { EventTimes } from './erased-spans.ts'

/**
 * The value of whatever is called like an id, at any depth, in anything that looks like JSON, a literal of Python or a
 * form: `"userId": "x"`, `'user_id': 'x'`, `user_id=x`. More is found than the contract reads, and none is missed for
 * being in the wrong place; what is called otherwise is not found.
 */
const NAMED_ID =
  /(user|anonymous|group|account)[_-]?id["']?\s*[:=]\s*\[?\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,;&{}[\]"']+))/gi

const KIND_BY_NAME: Readonly<Record<string, IdKind>> = {
  user: 'user',
  anonymous: 'anonymous',
  group: 'group',
  account: 'group',
}

/**
 * Whether a text that may be no JSON names an erased id.
 *
 * @param groups accounts that it is known to belong to, beside those that it names.
 */
export function isErasedText(
  ids: ErasedIds,
  text: string,
  times: EventTimes,
  groups: readonly Buffer[] = [],
): boolean {
  if (ids.size === 0) return false
  const named = [...idsInText(text)].map(({ kind, id }) => ({ kind, id: Buffer.from(id, 'utf8') }))
  const all = [...groups, ...named.filter(({ kind }) => kind === 'group').map(({ id }) => id)]
  return named.some(({ kind, id }) => ids.has(kind, id, times, all))
}

export function* idsInText(
  text: string,
): Generator<{ readonly kind: IdKind; readonly id: string }> {
  for (const [, name = '', double, single, bare] of text.matchAll(NAMED_ID)) {
    const kind = KIND_BY_NAME[name.toLowerCase()]
    if (kind !== undefined) yield { kind, id: unescaped(double ?? single ?? bare ?? '') }
  }
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  try {
    const value: unknown = JSON.parse(`"${text}"`)
    return String(value)
  } catch {
    return text
  }
}
