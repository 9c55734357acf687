/** `it's` as ClickHouse spells it in an error, between quotes: `it\'s`. */
const ESCAPED: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  "'": String.raw`\'`,
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\0': String.raw`\0`,
}

/** An error is cut at some length, and may have a remedy behind that. */
const CUT_ENDS = ['', ' (']

/**
 * What went wrong, without these ids, however they are spelt: ClickHouse tells of a statement with the values of its parameters in
 * it, quoted as SQL has them, and where the text was cut the last may be there in part.
 */
export function withoutIds(text: string, ids: readonly string[]): string {
  const forms = ids.flatMap((id) => [id, asSql(id), JSON.stringify(id).slice(1, -1)])
  // The longest first: one id may be part of another.
  const known = [...new Set(forms)]
    .filter((form) => form !== '')
    .toSorted((one, other) => other.length - one.length)
  const whole = known.reduce((said, form) => said.replaceAll(form, '…'), text)
  return known.reduce(withoutCut, whole)
}

function asSql(id: string): string {
  return Array.from(id, (letter) => ESCAPED[letter] ?? letter).join('')
}

/** The beginning of a value in quotes that were never closed. */
function withoutCut(text: string, form: string): string {
  for (let length = form.length - 1; length > 0; length--) {
    const begun = `'${form.slice(0, length)}`
    for (const end of CUT_ENDS) {
      const at = end === '' ? text.length - begun.length : text.indexOf(begun + end)
      if (at >= 0 && text.startsWith(begun, at))
        return `${text.slice(0, at)}'…${text.slice(at + begun.length)}`
    }
  }
  return text
}
