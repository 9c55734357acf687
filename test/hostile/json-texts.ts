import fc from 'fast-check'

/** A random JSON text, and whether the contract lets it into `properties`. */
export interface JsonText {
  readonly text: string
  /** Why it must be rejected: codes of the contract. */
  readonly faults: ReadonlySet<string>
  readonly keyCount: number
  readonly depth: number
}

const MAX_DEPTH = 32
const NONE: ReadonlySet<string> = new Set()

const space = fc.constantFrom('', '', '', '', ' ', '\n', '\t', ' \r\n ')

/** Numbers as text, so that no parser rounds them on the way: the edges of int64, uint64, double. */
const numberToken = fc.oneof(
  fc.constantFrom('0', '-0', '0.1', '1e5', '1E+2', '0e0', '-0.0e-0', '1e308', '-1.8e308', '1e-400'),
  fc.constantFrom('9007199254740991', '9007199254740992', '9007199254740993', '1e999', '-1e999'),
  fc.constantFrom('18446744073709551615', '18446744073709551616', '-9223372036854775808'),
  fc.constantFrom('-9223372036854775809', '9223372036854775807', `1${'0'.repeat(400)}`),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
  fc.integer().map(String),
  fc
    .tuple(fc.integer(), fc.nat(999_999), fc.constantFrom('e', 'E', 'e+', 'e-'), fc.nat(330))
    .map(([whole, fraction, e, exponent]) => `${whole}.${fraction}${e}${exponent}`),
)

const number = numberToken.map((text) =>
  leaf(text, isKeptExactly(text) ? [] : ['number_out_of_range']),
)

/** The contract's words: beyond 2^64, beyond -2^63, or beyond a double. */
function isKeptExactly(token: string): boolean {
  if (/[.eE]/.test(token)) return Number.isFinite(Number(token))
  const value = BigInt(token)
  return value <= 2n ** 64n - 1n && value >= -(2n ** 63n)
}

/** Characters as they are, and every kind of escape: also halves of surrogate pairs, and NUL. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }).map(quoteless) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map(quoteless) },
  { weight: 2, arbitrary: fc.nat(0xffff).map(escapeOf) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\\u0000', '\\/', '\\ud83d\\ude00', '\\"', '\u007f', '\ufffe'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\\ud800', '\\udfff', '\\ude00\\ud83d', '\u2028', '\ufeff'),
  },
)

function quoteless(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function escapeOf(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}

const stringToken = fc.array(piece, { maxLength: 4 }).map((pieces) => `"${pieces.join('')}"`)

const string = stringToken.map((text) => leaf(text, stringFaults(text)))

function stringFaults(token: string): readonly string[] {
  return String(JSON.parse(token)).isWellFormed() ? [] : ['invalid_unicode']
}

function leaf(text: string, faults: readonly string[]): JsonText {
  return { text, faults: faults.length === 0 ? NONE : new Set(faults), keyCount: 0, depth: 0 }
}

const word = fc.constantFrom('true', 'false', 'null').map((text) => leaf(text, []))

const keyToken = fc.oneof(
  { weight: 8, arbitrary: stringToken },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '"__proto__"',
      '"constructor"',
      '"a.b"',
      '"a"',
      '"\\u0061"',
      '""',
      '"toString"',
    ),
  },
)

const { value, object } = fc.letrec<{ value: JsonText; object: JsonText; array: JsonText }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      number,
      string,
      word,
      tie('array'),
      tie('object'),
    ),
    array: fc.array(fc.tuple(space, tie('value')), { maxLength: 5 }).map(arrayOf),
    object: fc.array(fc.tuple(keyToken, space, tie('value')), { maxLength: 6 }).map(objectOf),
  }),
)

function arrayOf(elements: readonly (readonly [string, JsonText])[]): JsonText {
  const texts = elements.map(([gap, { text }]) => `${gap}${text}${gap}`)
  return around(
    `[${texts.join(',')}]`,
    elements.map(([, element]) => element),
    0,
    [],
  )
}

function objectOf(members: readonly (readonly [string, string, JsonText])[]): JsonText {
  const texts = members.map(([key, gap, { text }]) => `${gap}${key}${gap}:${gap}${text}`)
  const keys = members.map(([key]): string => JSON.parse(key))
  const faults = [
    ...members.flatMap(([key]) => stringFaults(key)),
    ...(new Set(keys).size < keys.length ? ['duplicate_key'] : []),
  ]
  return around(
    `{${texts.join(',')}}`,
    members.map(([, , member]) => member),
    members.length,
    faults,
  )
}

function around(
  text: string,
  inside: readonly JsonText[],
  keys: number,
  faults: readonly string[],
): JsonText {
  return {
    text,
    faults: new Set([...faults, ...inside.flatMap((each) => [...each.faults])]),
    keyCount: inside.reduce((sum, each) => sum + each.keyCount, keys),
    depth: 1 + Math.max(0, ...inside.map((each) => each.depth)),
  }
}

/** An object of any content; now and then nested around the limit. */
export const jsonObjectText: fc.Arbitrary<JsonText> = fc.oneof(
  { weight: 20, arbitrary: object },
  { weight: 1, arbitrary: fc.tuple(value, fc.integer({ min: 28, max: 36 })).map(nested) },
)

function nested([inner, levels]: readonly [JsonText, number]): JsonText {
  let around1 = inner
  for (let level = 0; level < levels; level += 1) around1 = objectOf([['"k"', '', around1]])
  if (around1.depth <= MAX_DEPTH) return around1
  return { ...around1, faults: new Set(['too_deep']) }
}

export { value as jsonValueText }
