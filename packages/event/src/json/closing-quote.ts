import { BACKSLASH, QUOTE } from './bytes.ts'

/** Where a string of a JSON text ends, or the end of the text when it does not. @param start its opening quote. */
export function closingQuote(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) break
    at += code === BACKSLASH ? 2 : 1
  }
  return at
}
