import { ANY, CLASSES, complement, single, type CharSet } from './char-set.ts'

/** A regular expression without anchors, assertions and references. */
export type PatternNode =
  | { readonly kind: 'chars'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly body: PatternNode
      readonly min: number
      readonly max: number
    }

/** The pattern uses what cannot be shown to be fast; the message says what to write. */
export class PatternRefused extends Error {}

interface Reader {
  /** Code points. */
  readonly chars: readonly string[]
  at: number
}

/**
 * Reads a pattern that begins with `^`. It only has to understand what it accepts: what the pattern
 * means is decided by the engine, whether it is fast by this tree.
 *
 * @param pattern already compiled by `RegExp` with the flag `u`, so its syntax is sound.
 * @throws {PatternRefused}
 */
export function parsePattern(pattern: string): PatternNode {
  const reader: Reader = { chars: Array.from(pattern), at: 0 }
  if (!take(reader, '^')) throw new PatternRefused('a pattern that begins with ^')
  const node = parseSequence(reader)
  take(reader, '$')
  if (peek(reader) === '|') throw new PatternRefused('alternatives in a group: ^(?:a|b)$')
  if (peek(reader) !== undefined) throw new PatternRefused('nothing after $')
  return node
}

function peek({ chars, at }: Reader): string | undefined {
  return chars[at]
}

function take(reader: Reader, char: string): boolean {
  if (peek(reader) !== char) return false
  reader.at += 1
  return true
}

function next(reader: Reader): string {
  const char = peek(reader)
  if (char === undefined) throw new PatternRefused('a complete pattern')
  reader.at += 1
  return char
}

function parseSequence(reader: Reader): PatternNode {
  const parts: PatternNode[] = []
  for (;;) {
    const char = peek(reader)
    if (char === undefined || char === '|' || char === ')' || char === '$') break
    parts.push(parseRepeat(reader, parseAtom(reader)))
  }
  return { kind: 'sequence', parts }
}

function parseAtom(reader: Reader): PatternNode {
  const char = next(reader)
  if (char === '(') return parseGroup(reader)
  if (char === '[') return { kind: 'chars', set: parseClass(reader) }
  if (char === '\\') return { kind: 'chars', set: parseEscape(reader) }
  if (char === '^') throw new PatternRefused('^ only at the beginning')
  return { kind: 'chars', set: char === '.' ? (CLASSES['.'] ?? ANY) : single(codeOf(char)) }
}

function parseGroup(reader: Reader): PatternNode {
  if (take(reader, '?') && !take(reader, ':')) {
    throw new PatternRefused('no lookaround and no named groups')
  }
  const options = [parseSequence(reader)]
  while (take(reader, '|')) options.push(parseSequence(reader))
  if (!take(reader, ')')) throw new PatternRefused('$ only at the end')
  return { kind: 'choice', options }
}

function parseRepeat(reader: Reader, body: PatternNode): PatternNode {
  const bounds = readBounds(reader)
  if (bounds === null) return body
  if (peek(reader) === '?') throw new PatternRefused('no lazy quantifiers')
  return { kind: 'repeat', body, ...bounds }
}

function readBounds(reader: Reader): { readonly min: number; readonly max: number } | null {
  if (take(reader, '*')) return { min: 0, max: Infinity }
  if (take(reader, '+')) return { min: 1, max: Infinity }
  if (take(reader, '?')) return { min: 0, max: 1 }
  if (!take(reader, '{')) return null
  let text = ''
  while (!take(reader, '}')) text += next(reader)
  const [min = '', max = min] = text.split(',')
  return { min: Number(min), max: max === '' ? Infinity : Number(max) }
}

function parseClass(reader: Reader): CharSet {
  const isNegated = take(reader, '^')
  const set: (readonly [number, number])[] = []
  while (!take(reader, ']')) {
    const from = parseClassMember(reader)
    const isRange = peek(reader) === '-' && reader.chars[reader.at + 1] !== ']'
    if (!isRange) {
      set.push(...from)
      continue
    }
    reader.at += 1
    const to = parseClassMember(reader)
    set.push([from[0]?.[0] ?? 0, to.at(-1)?.[1] ?? 0])
  }
  const isEverything = set.some(([from, to]) => from === 0 && to === ANY[0]?.[1])
  return isNegated && !isEverything ? complement(set) : set // of \p nothing is known, negated or not
}

function parseClassMember(reader: Reader): CharSet {
  const char = next(reader)
  return char === '\\' ? parseEscape(reader) : single(codeOf(char))
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 }

function parseEscape(reader: Reader): CharSet {
  const char = next(reader)
  const known = char === '.' ? undefined : CLASSES[char]
  if (known !== undefined) return known
  const control = CONTROLS[char]
  if (control !== undefined) return single(control)
  if (char === 'x') return single(Number.parseInt(next(reader) + next(reader), 16))
  if (char === 'u') return single(parseUnicode(reader))
  if (char === 'p' || char === 'P') {
    while (!take(reader, '}')) next(reader)
    return ANY
  }
  if (/[a-z0-9]/i.test(char)) throw new PatternRefused(`no \\${char}`)
  return single(codeOf(char))
}

function parseUnicode(reader: Reader): number {
  let digits = ''
  if (take(reader, '{')) {
    while (!take(reader, '}')) digits += next(reader)
  } else {
    for (let count = 0; count < 4; count += 1) digits += next(reader)
    const isHigh = /^d[89ab]/i.test(digits)
    // Two escapes may be one character; rather than pair them, half of one is not taken.
    if (isHigh) throw new PatternRefused('\\u{…} instead of a surrogate pair')
  }
  return Number.parseInt(digits, 16)
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0
}
