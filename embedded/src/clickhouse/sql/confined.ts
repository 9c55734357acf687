import { exception, type ServerException } from '../engine/errors.ts'
import { createGaps } from './tokens/comments.ts'
import { outsideOfQuotes } from './outside-quotes.ts'
import { unescaped } from './unescaped.ts'

/**
 * What is looked for. It is looked for in the whole text, in strings, too: whoever cuts SQL into tokens a little
 * differently than the engine can be led past a rule by a quote. The exception are words that do nothing in a string, in a
 * statement whose quotes can be cut in one way only, see outside-quotes.ts: an event may be named so.
 */
const names =
  /(?<![\w$])(?:infile|outfile|file|format|into|disk|attach)(?![\w$])|embeddedrocksdb|input_format_values_(?:interpret|deduce)/gi

interface Reading {
  readonly text: string
  /** @returns the end of the blanks and comments that begin there */
  readonly gap: (from: number) => number
  /** Whether a letter there surely stands in quotes. */
  readonly isQuoted: (at: number) => boolean
  /** Where the last FROM is. */
  readonly lastFrom: number
}

/** What stands at a name, seen from the name's end. */
interface Place extends Reading {
  readonly end: number
}

/**
 * What the engine has neither a right nor a setting for, by its name. The function `file` the engine refuses
 * whatever the text says (engine-config.ts); here it gets a sentence that names the way out.
 */
const rules: Readonly<Record<string, (place: Place) => string | undefined>> = {
  infile: ({ end, isQuoted }) => (isQuoted(end - 1) ? undefined : OUTFILE),
  outfile: ({ end, isQuoted }) => (isQuoted(end - 1) ? undefined : OUTFILE),
  file: (place) => (opensCall(place) ? 'the function file' : undefined),
  // Its structure may hold expressions, and may be put together from pieces.
  format: (place) =>
    opensCall(place) && !isTemplate(place) ? 'the table function format' : undefined,
  into: (place) => (isFollowedByFunction(place) ? 'INSERT INTO FUNCTION' : undefined),
  input_format_values_interpret: () => VALUES,
  input_format_values_deduce: () => VALUES,
  embeddedrocksdb: () => 'the table engine EmbeddedRocksDB',
}

/** The same, for statements that neither select nor insert. */
const commandRules: typeof rules = {
  attach: ({ text, end, gap, lastFrom }) =>
    lastFrom > end && !isAt(text, gap(end), /part/iy) ? 'ATTACH … FROM' : undefined,
  disk: (place) => (opensCall(place) ? 'a disk of its own' : undefined),
}

const OUTFILE = 'INTO OUTFILE and FROM INFILE'
const VALUES = 'how values are interpreted'

/** Whether the name, or the quotes that it stands in, is followed by a parenthesis. */
function opensCall(place: Place): boolean {
  return place.text[argumentsOf(place) - 1] === '('
}

function argumentsOf({ text, end, gap }: Place): number {
  return gap(/["`]/.test(text[end] ?? '') ? end + 1 : end) + 1
}

/** Whether the first argument is a string like those of the function `format`: `'{}: {}'`. */
function isTemplate(place: Place): boolean {
  const literal = /\s*'([^'\\]*)'\s*[,)]/y
  literal.lastIndex = argumentsOf(place)
  return literal.exec(place.text)?.[1]?.includes('{') === true
}

function isFollowedByFunction({ text, end, gap }: Place): boolean {
  const at = gap(end)
  const isTable = isAt(text, at, /table/iy)
  return isAt(text, isTable ? gap(at + 'table'.length) : at, /(?<![\w$])function(?![\w$])/iy)
}

function isAt(text: string, at: number, sticky: RegExp): boolean {
  sticky.lastIndex = at
  return sticky.test(text)
}

/** What the rules look for and a quoted name can be. */
const NAMED = /file|format|disk|embeddedrocksdb|input_format_values/i

/** Whether letters of such a name are written as `\x6c`, or held apart by `\N`, which the engine reads as nothing. */
function isSpeltWithEscapes(text: string): boolean {
  if (!/\\[xN]/i.test(text)) return false
  const pieces = text.split(/[^\w$\\]+/).filter((piece) => /\\[xN]/i.test(piece))
  return NAMED.test(unescaped(pieces.join('\n')))
}

/**
 * Why a statement would leave the data folder; undefined when it does not. Tables, views and most table
 * functions are not judged here: the user of the engine has no right to reach out (engine-config.ts).
 * @param text the statement without the data of an INSERT, one character per byte
 */
export function whyNotConfined(
  text: string,
  { isCommand }: { readonly isCommand: boolean },
): ServerException | undefined {
  const found = whatReachesOut(text, isCommand ? { ...rules, ...commandRules } : rules)
  if (found !== undefined) return notAllowed(found)
  return isSpeltWithEscapes(text) ? notAllowed(String.raw`a name written with \x or \N`) : undefined
}

function whatReachesOut(text: string, judges: typeof rules): string | undefined {
  const froms = Array.from(text.matchAll(/(?<![\w$])from(?![\w$])/gi), ({ index }) => index)
  const lastFrom = froms.at(-1) ?? -1
  const reading = { text, gap: createGaps(text), isQuoted: createIsQuoted(text), lastFrom }
  for (const { 0: name, index } of text.matchAll(names)) {
    const what = judgeOf(name, judges)?.({ ...reading, end: index + name.length })
    if (what !== undefined) return what
  }
  return undefined
}

/** The text is looked through when the first is asked for. */
function createIsQuoted(text: string): (at: number) => boolean {
  let outside: string | undefined
  let isKnown = false
  return (at) => {
    if (!isKnown) outside = outsideOfQuotes(text)
    isKnown = true
    return outside?.[at] === ' '
  }
}

/** A function's name counts as it is written, a keyword in any case. */
function judgeOf(name: string, judges: typeof rules): (typeof rules)[string] | undefined {
  const keyword = name.toLowerCase()
  return keyword === 'file' && name !== keyword ? undefined : judges[keyword]
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
