import { exception, type ServerException } from '../engine/errors.ts'

/** What may stand between two tokens: blanks, comments, anything that is no letter of ASCII. */
const GAP = String.raw`(?:[^\x21-\x7e]|/\*[^]*?\*/|--[^\n]*\n|#[^\n]*\n)*`
/** Between a name and what follows it: a closing quote, too. */
const NAME_END = String.raw`["\x60]?${GAP}`
const word = (name: string): string => String.raw`(?<![\w$])${name}(?![\w$])`

/**
 * What the engine has neither a right nor a setting for. It is looked for in the whole text, in strings, too:
 * whoever cuts SQL into tokens a little differently than the engine can be led past a rule by a quote.
 */
const rules: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['INTO OUTFILE and FROM INFILE', new RegExp(word('(?:out|in)file'), 'i')],
  ['the function file', new RegExp(String.raw`${word('file')}${NAME_END}\(`)],
  // As the function that another one applies: arrayMap(file, …), * APPLY file
  [
    'the function file',
    new RegExp(String.raw`[\w"\x60\x80-\xff]${GAP}\(${GAP}["\x60]?${word('file')}${NAME_END},`),
  ],
  ['the function file', new RegExp(String.raw`${word('apply')}[^]*${word('file')}`, 'i')],
  // Its structure may hold expressions, and may be put together from pieces.
  [
    'the table function format',
    new RegExp(String.raw`${word('format')}${NAME_END}\((?!\s*'[^'\\]*\{[^'\\]*'\s*[,)])`, 'i'),
  ],
  [
    'INSERT INTO FUNCTION',
    new RegExp(String.raw`${word('into')}${GAP}(?:table${GAP})?${word('function')}`, 'i'),
  ],
  ['how values are interpreted', /input_format_values_(?:interpret|deduce)/i],
]

/** What the rules look for and a quoted name can be. */
const NAMED = /file|format|disk|embeddedrocksdb|input_format_values/i

/** Whether letters of such a name are written as `\x6c`, which the engine reads as letters within quotes. */
function isSpeltWithEscapes(text: string): boolean {
  if (!/\\x/i.test(text)) return false
  const pieces = text.split(/[^\w$\\]+/).filter((piece) => /\\x/i.test(piece))
  const letters = pieces
    .join('\n')
    .replaceAll(/\\x([\da-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
  return NAMED.test(letters.replaceAll('\\', ''))
}

/** The same, for statements that neither select nor insert. */
const commandRules: typeof rules = [
  [
    'ATTACH … FROM',
    new RegExp(String.raw`${word('attach')}(?!${GAP}part)[^]*${word('from')}`, 'i'),
  ],
  ['a disk of its own', new RegExp(String.raw`${word('disk')}${NAME_END}\(`, 'i')],
  ['the table engine EmbeddedRocksDB', /embeddedrocksdb/i],
]

/**
 * Why a statement would leave the data folder; undefined when it does not. Tables, views and most table
 * functions are not judged here: the user of the engine has no right to reach out (engine-config.ts).
 * @param text the statement without the data of an INSERT, one character per byte
 */
export function whyNotConfined(
  text: string,
  { isCommand }: { readonly isCommand: boolean },
): ServerException | undefined {
  const found = [...rules, ...(isCommand ? commandRules : [])].find(([, pattern]) =>
    pattern.test(text),
  )
  if (found !== undefined) return notAllowed(found[0])
  return isSpeltWithEscapes(text) ? notAllowed(String.raw`a name written with \x`) : undefined
}

/** @returns why a setting in the URL cannot be given */
export function whyNotSettable(name: string): ServerException | undefined {
  return whyNotConfined(name, { isCommand: false })
}

/** Whether the data of `INSERT … VALUES` can hold no call of `file`, so that its expressions may be evaluated. */
export function isHarmlessData(data: string): boolean {
  return whyNotConfined(data, { isCommand: false }) === undefined
}

function notAllowed(what: string): ServerException {
  return exception(
    497,
    `Not enough privileges: ${what} could reach beyond the data of the embedded ClickHouse. ` +
      'Start it with --allow-sources to allow what reaches files and other servers.',
  )
}
