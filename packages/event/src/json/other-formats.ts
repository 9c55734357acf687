/** What is sent in place of JSON, told by how it begins, with what its sender should do. */
interface OtherFormat {
  /** Of the first characters of the body, one for each byte. */
  readonly begins: RegExp
  readonly is: string
  readonly fix: string
}

const LOOKED_AT_BYTES = 64

const NOT_JSON: readonly OtherFormat[] = [
  { begins: /^(\xff\xfe|\xfe\xff|\0[^\0]|[^\0]\0)/, is: 'UTF-16', fix: 'send UTF-8' },
  {
    begins: /^\[object Object\]/,
    is: 'an object that was turned into text',
    fix: 'send what JSON.stringify gives',
  },
  {
    begins: /^[[{\s]*\{\s*'/,
    is: 'a Python or JavaScript object',
    fix: 'send what json.dumps or JSON.stringify gives',
  },
  {
    begins: /^[[{\s]*\{\s*\xe2\x80[\x9c-\x9f]/,
    is: 'JSON with typographic quotes',
    fix: 'use straight ones, "',
  },
  { begins: /^(eyJ|eyI|eyAi|ewog|W3si|Wwog)/, is: 'JSON in base64', fix: 'send the JSON itself' },
  { begins: /^[\w.[\]%-]{1,40}=/, is: 'a form', fix: 'send the JSON itself as the body' },
  { begins: /^\s*</, is: 'XML or HTML', fix: 'send JSON' },
]

/**
 * For a body that could not be read as JSON: why may be plain from how it begins.
 *
 * @returns what follows a detail, `''` when it is like nothing that we know.
 */
export function hintOfFormat(body: Buffer): string {
  const beginning = body.toString('latin1', 0, LOOKED_AT_BYTES)
  const format = NOT_JSON.find(({ begins }) => begins.test(beginning))
  return format === undefined ? '' : `; the body begins like ${format.is}: ${format.fix}`
}
