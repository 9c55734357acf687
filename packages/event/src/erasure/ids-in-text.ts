import type { ErasedKind } from './erased-id.ts'
import type { ErasedIds } from './erased-ids.ts'
import type { EventTimes } from './erased-spans.ts'

/**
 * The value of whatever is called like an id, at any depth, in anything that looks like JSON, a literal of Python or a
 * form: `"userId": "x"`, `'user_id': 'x'`, `user_id=x`. More is found than the contract reads, and none is missed for
 * being in the wrong place; what is called otherwise is not found.
 */
const NAMED_ID =
  /(user|anonymous|group|account)[_-]?id["']?\s*[:=]\s*\[?\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,;&{}[\]"']+))/gi

const KIND_BY_NAME: Readonly<Record<string, ErasedKind>> = {
  user: 'user',
  anonymous: 'anonymous',
  group: 'group',
  account: 'group',
}

/** Whether a text that may be no JSON names an erased id. */
export function isErasedText(ids: ErasedIds, text: string, times: EventTimes): boolean {
  if (ids.size === 0) return false
  for (const { kind, id } of idsInText(text)) {
    if (ids.has(kind, Buffer.from(id, 'utf8'), times)) return true
  }
  return false
}

export function* idsInText(
  text: string,
): Generator<{ readonly kind: ErasedKind; readonly id: string }> {
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
