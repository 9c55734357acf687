import type { IdKind } from './erased-id.ts'
import type { ErasedIds } from './erased-ids.ts'
import type { EventTimes } from './erased-spans.ts'

/**
 * The value of whatever is called like an id, at any depth, in anything that looks like JSON, a literal of Python or a
 * form: `"userId": "x"`, `'user_id': 'x'`, `user_id=x`. More is found than the contract reads, and none is missed for
 * being in the wrong place; what is called otherwise is not found.
 */
const NAMED_ID =
  /(user|anonymous|group|account)[_-]?id["']?\s*[:=]\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,;&{}[\]"']+))/gi
/** A list, or an object, where one id should stand. */
const NAMED_SEVERAL = /(user|anonymous|group|account)[_-]?id["']?\s*[:=]\s*[[{]([^\]}]*)/gi
const VALUE = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,;:&{}[\]"']+)/g

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

interface NamedId {
  readonly kind: IdKind
  readonly id: string
}

/** JSON that is a text in JSON that is a text in JSON. */
const MAX_DEPTH = 3

export function* idsInText(text: string): Generator<NamedId> {
  let plain = text
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    yield* namedIn(plain)
    const deeper = withoutEscapes(plain)
    if (deeper === plain) return
    plain = deeper
  }
}

function* namedIn(text: string): Generator<NamedId> {
  for (const [, name = '', ...value] of text.matchAll(NAMED_ID)) yield* idsOf(name, value)
  for (const [, name = '', inside = ''] of text.matchAll(NAMED_SEVERAL)) {
    for (const [, ...value] of inside.matchAll(VALUE)) yield* idsOf(name, value)
  }
}

function* idsOf(
  name: string,
  [double, single, bare]: readonly (string | undefined)[],
): Generator<NamedId> {
  const kind = KIND_BY_NAME[name.toLowerCase()]
  if (kind === undefined) return
  yield { kind, id: unescaped(double ?? single ?? bare ?? '') }
  if (bare !== undefined && WITH_FRACTION.test(bare)) yield { kind, id: String(Number(bare)) }
}

/** Whole numbers as some languages write them: 42.0. */
const WITH_FRACTION = /^\d+\.0+$/

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** A text within JSON, or keys written with escapes, as they read. */
function withoutEscapes(text: string): string {
  return text.replaceAll(
    /\\(?:u([\da-f]{4})|([^]))/gi,
    (_, hex: string | undefined, char: string) =>
      hex === undefined ? (ESCAPED[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
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
