/**
 * With what is escaped in quotes as the engine reads it: `\x6c` is a letter, `\x6Z` an underscore (a digit that is none counts
 * as 255), `\N` nothing. Of other escapes the backslash is left out; several count as one, for a text may be read twice.
 */
export function unescaped(text: string): string {
  return text.replaceAll(/\\+(?:x([^][^])|([^]))/g, (_, code?: string, letter?: string) => {
    if (code === undefined) return letter === 'N' ? '' : String(letter)
    return String.fromCharCode((digit(code[0]) * 16 + digit(code[1])) & 0xff)
  })
}

function digit(character = ''): number {
  return /[\da-f]/i.test(character) ? Number.parseInt(character, 16) : 0xff
}

/** Whether a pattern is found in a text as it stands, or as the engine reads what is escaped in it. */
export function isSaid(pattern: RegExp, text: string): boolean {
  return pattern.test(text) || pattern.test(unescaped(text))
}
