/** Property by column, by the name of a view of an event. */
export type ViewColumns = ReadonlyMap<string, ReadonlyMap<string, string>>

const NAME = String.raw`(?:\w+|\`[^\`]*\`|"[^"]*")`
const TEXT = String.raw`'((?:\\[\s\S]|''|[^'\\])*)'`
const PROPERTIES = String.raw`\(\s*(?:${NAME}\s*\.\s*)*["\`]?properties["\`]?\s*,\s*`

/** `JSONExtractString(t.properties, 'plan')`; `simpleJSON…` and `visitParam…` alike. */
const BY_NAME = String.raw`\b(?:JSONExtract\w*|JSON(?:Has|Type|Length|Key)|simpleJSON\w+|visitParam\w+)\s*${PROPERTIES}${TEXT}`
/** `JSON_VALUE(properties, '$.plan')`. */
const BY_PATH = String.raw`\bJSON_(?:VALUE|QUERY|EXISTS)\s*${PROPERTIES}'\$\.(?:"([^"]+)"|(\w+))`

/**
 * Which properties a statement reads from the JSON, each once: by functions of JSON, or by the columns of views of events that
 * stand for such. What it makes of `SELECT *` or of an alias of `properties` is not seen.
 */
export function extractionsIn(query: string, views: ViewColumns): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [, text] of query.matchAll(new RegExp(BY_NAME, 'gi'))) found.add(unquoted(text ?? ''))
  for (const [, quoted, plain] of query.matchAll(new RegExp(BY_PATH, 'gi'))) {
    found.add(quoted ?? plain ?? '')
  }
  const words = new Set(query.replaceAll(new RegExp(TEXT, 'g'), ' ').match(/[\w$]+/g))
  for (const [view, propertyByColumn] of views) {
    if (!words.has(view)) continue
    for (const [column, property] of propertyByColumn) if (words.has(column)) found.add(property)
  }
  found.delete('')
  return found
}

const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  b: '\b',
  f: '\f',
}

function unquoted(text: string): string {
  return text
    .replaceAll("''", "'")
    .replaceAll(/\\([\s\S])/g, (_, letter: string) => ESCAPED[letter] ?? letter)
}
