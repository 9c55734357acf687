/** Digits, between which single underscores may stand. */
const DECIMAL = String.raw`\d(?:_?\d)*`
const HEX = String.raw`[\da-f](?:_?[\da-f])*`
/** A sign behind an exponent is part of it, so `1e--` begins no comment; `1_e--` does, for `1_e` is a name. */
const exponent = (letter: string): string => `(?:${letter}(?=[^])(?:[+-](?=[^]))?(?:${DECIMAL})?)?`
/** Letters behind it make it a name, or an error. */
const NUMBER = [
  String.raw`0x${HEX}(?:\.(?:${HEX})?)?${exponent('p')}`,
  String.raw`(?:0b(?=[01]))?${DECIMAL}(?:\.(?:${DECIMAL})?)?${exponent('e')}`,
].join('|')
const number = new RegExp(String.raw`(?:${NUMBER})\w*`, 'iy')
/** `.5e-1` */
const fraction = new RegExp(String.raw`\.${DECIMAL}${exponent('e')}`, 'iy')
/** `t.1e--` is element `1e` of t, and a comment. */
const element = /\w+/y

/** What a token is, and how it is written. */
interface Before {
  readonly kind: string
  readonly text: string
}

/**
 * Where the number ends that begins here, as the engine cuts it; the offset itself for a dot that begins none.
 *
 * @param last the token before it: a dot behind what has a value takes an element of that
 */
export function numberEnd(sql: string, start: number, last: Before | undefined): number {
  const isDot = sql[start] === '.'
  if (isDot && last !== undefined && hasValue(last)) return start
  const pattern = isDot ? fraction : last?.text === '.' ? element : number
  pattern.lastIndex = start
  return pattern.test(sql) ? pattern.lastIndex : start
}

function hasValue({ kind, text }: Before): boolean {
  if (kind === 'symbol') return text === ')' || text === ']'
  return kind !== 'string' && !/^[^ -~]/.test(text)
}
