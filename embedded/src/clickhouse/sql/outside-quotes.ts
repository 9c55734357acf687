import { quotedEnd } from './tokens/tokens.ts'

/**
 * What could let somebody else see quotes begin or end elsewhere than we do, outside of them: comments, heredocs, escapes,
 * the quotes of Unicode, and whatever else is no plain ASCII.
 */
const DUBIOUS = /[^\t\n\r -~]|[#$\\]|--|\/[*/]/

/**
 * A statement with blanks for what stands in quotes, as long as the statement. `undefined` where quotes are not closed, or
 * where anything stands outside of them by which the engine may cut them in another way: then nothing in the text may be
 * taken for quoted.
 *
 * @param text one character per byte
 */
export function outsideOfQuotes(text: string): string | undefined {
  const quote = /['"`]/g
  let outside = ''
  let copied = 0
  for (let found = quote.exec(text); found !== null; found = quote.exec(text)) {
    const { 0: kind, index } = found
    const end = quotedEnd(text, index, kind)
    if (end === index) return undefined
    outside += text.slice(copied, index) + ' '.repeat(end - index)
    copied = end
    quote.lastIndex = end
  }
  outside += text.slice(copied)
  return DUBIOUS.test(outside) || text.includes('\0') ? undefined : outside
}
