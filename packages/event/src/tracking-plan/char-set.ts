/** Code points as ranges, both ends included. */
export type CharSet = readonly (readonly [from: number, to: number])[]

const LAST = 0x10_ffff

/** Also stands for what is not looked into, such as `\p{L}`: it overlaps with everything. */
export const ANY: CharSet = [[0, LAST]]

const DIGIT: CharSet = [[0x30, 0x39]]
const WORD: CharSet = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]] // prettier-ignore
const SPACE: CharSet = [[9, 13], [32, 32], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]] // prettier-ignore
const NEWLINE: CharSet = [[10, 10], [13, 13], [0x2028, 0x2029]] // prettier-ignore

/** What `.` and the escapes that stand for a class match. */
export const CLASSES: Readonly<Record<string, CharSet>> = {
  '.': complement(NEWLINE),
  d: DIGIT,
  D: complement(DIGIT),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
}

export function single(codePoint: number): CharSet {
  return [[codePoint, codePoint]]
}

/** Every other code point. */
export function complement(set: CharSet): CharSet {
  const ranges: [number, number][] = []
  let next = 0
  for (const [from, to] of set.toSorted(([left], [right]) => left - right)) {
    if (from > next) ranges.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= LAST) ranges.push([next, LAST])
  return ranges
}

export function overlaps(left: CharSet, right: CharSet): boolean {
  return left.some(([from, to]) => right.some(([start, end]) => from <= end && start <= to))
}
