import type { Limit } from '@custom-events/clickhouse/access'
import { exception, type ServerException } from '../engine/errors.ts'
import { createGaps } from './tokens/comments.ts'
import type { Setting } from './settings.ts'
import { tokensOf } from './tokens/tokens.ts'
import { isSaid, unescaped } from './unescaped.ts'

/**
 * Why a login of a role may not say this. A connection of the engine may take any role, so that no statement of a login may:
 * looked for in the whole text, in strings, too, as in confined.ts.
 *
 * @param text the statement without the data of an INSERT, one character per byte
 */
export function whyNotOfRole(text: string): ServerException | undefined {
  const gap = createGaps(text)
  for (const { 0: word, index } of text.matchAll(STATEMENT)) {
    if (isAt(text, gap(index + word.length), /role(?![\w$])/iy)) return otherRole()
  }
  return undefined
}

/** Not right behind a quote, where a text begins that says so: `event = 'set role'`. */
const STATEMENT = /(?<![\w$'"`])(?:set|default)(?![\w$])/gi

/** The refusal of another role than the login's. */
export function otherRole(): ServerException {
  return exception(
    497,
    'Not enough privileges: a login has one role, and no statement takes another.',
  )
}

/** What the pages send people to who may ask it: an empty answer to anybody else would be taken for one. */
const NOT_SHOWN = /^["`]?(query_log|view_refreshes)["`]?$/

/**
 * Why who only reads may not ask so. Row policies let through none of these rows (engine-roles.ts), a server refuses the table;
 * so does this, where it is named with its database.
 *
 * @param text as above
 */
export function whyNotOfReaders(text: string): ServerException | undefined {
  if (!/query_log|view_refreshes/.test(text)) return undefined
  const tokens = tokensOf(text)
  for (const [at, { text: database }] of tokens.entries()) {
    const name = NOT_SHOWN.exec(tokens[at + 2]?.text ?? '')?.[1]
    if (name === undefined || tokens[at + 1]?.text !== '.' || !IS_SYSTEM.test(database)) continue
    return exception(
      497,
      `Not enough privileges: system.${name} is for \`default\` and people on call.`,
    )
  }
  return undefined
}

const IS_SYSTEM = /^["`]?system["`]?$/

/**
 * Table functions that read what parts hold beside their rows, and columns that say where in its part a row lies, of which row
 * policies know nothing (ClickHouse 115230): from one row of theirs to the next they count the rows of others between, and a
 * condition on them is asked of parts in which no row is theirs. Functions that say where in the dictionary of a part a value
 * stands, likewise: in front of it are those of others.
 */
const OF_PARTS =
  /mergetree(?:index|projection|textindex|analyzeindexes)|(?<![\w$])(?:_(?:part(?:_(?:index|uuid|offset|starting_offset|granule_offset|data_version))?|partition_(?:id|value)|block_(?:number|offset)|disk_name)|asterisk_include_virtual_columns|lowcardinality(?:indices|keys)|dumpcolumnstructure)(?![\w$])/i
/** A parameter that a session is given, and text that is written in other digits. */
const PARAMETER = /param_/i
const DIGITS = /(?<![\w$])[xb]'/i

/**
 * Why somebody who sees the rows of one account only may not ask so.
 *
 * @param text as above
 * @param settings of the address: a parameter may name a column, `{column:Identifier}`
 */
export function whyNotOfAccounts(
  text: string,
  settings: readonly Setting[] = [],
): ServerException | undefined {
  if (explainsReading(text)) {
    return exception(
      497,
      'Not enough privileges: how much is read is not explained, it would tell of others.',
    )
  }
  if (showsAccess(text)) {
    return exception(
      497,
      'Not enough privileges: roles and rights are not shown, they would tell which other accounts there are.',
    )
  }
  if (PARAMETER.test(text) && DIGITS.test(text)) {
    return exception(497, "Not enough privileges: a parameter is given as '…', and not in digits.")
  }
  const texts = [text, ...settings.flat()]
  if (!texts.some((each) => isSaid(OF_PARTS, each))) return undefined
  return exception(497, 'Not enough privileges: what parts hold beside their rows is not shown.')
}

/** Why such a login may not be answered in this format: with progress it tells how many rows were read. */
export function whyNotInFormat(format: string): ServerException | undefined {
  if (!/withprogress/i.test(unescaped(format))) return undefined
  return exception(
    497,
    'Not enough privileges: how much is read is not told, it would tell of others.',
  )
}

/**
 * Whether it is, or holds, EXPLAIN of what would be read, by which keys at the edges of others' rows could be guessed:
 * `SELECT * FROM (EXPLAIN ESTIMATE …)` answers it, too, and so does the table function.
 */
function explainsReading(text: string): boolean {
  const plain = unescaped(text)
  if (!/explain/i.test(plain)) return false
  if (/viewexplain/i.test(plain)) return true
  const gap = createGaps(text)
  const explain = /explain(?![\w$])/iy
  // Behind a parenthesis that nothing else stands behind at once.
  const opened = text.matchAll(/\((?=[^!-~]|[e/#-]|$)/gi)
  const begins = [0, ...Array.from(opened, ({ index }) => index + 1)]
  return begins.some((begin) => {
    explain.lastIndex = gap(begin)
    if (!explain.test(text)) return false
    const kind = gap(explain.lastIndex)
    if (isAt(text, kind, /(?:syntax|ast)(?![\w$])/iy)) return false
    // By itself it is the name of a setting: `EXPLAIN query = DEFAULT, indexes = 1`.
    const isQuery = isAt(text, kind, /query(?![\w$])/iy)
    return !(isQuery && isAt(text, gap(kind + 'query'.length), /tree(?![\w$])/iy))
  })
}

/** Whether it is SHOW GRANTS, SHOW CREATE USER and the like, or a function that names roles: the engine has a role for each account, and names them all. */
function showsAccess(text: string): boolean {
  if (isSaid(ROLE_NAMES, text)) return true
  const [first = '', ...others] = leadingWords(text, 4)
  const of = others.find((word) => !/^(?:create|current|enabled|settings|masking)$/i.test(word))
  return /^show$/i.test(first) && OF_ACCESS.test(of ?? '')
}

const ROLE_NAMES = /(?<![\w$])(?:default|enabled)(?:roles|profiles)(?![\w$])/i
const OF_ACCESS =
  /^(?:grants|access|users?|roles?|quotas?|profiles?|row|polic(?:y|ies)|privileges)$/i

/** Words that a text begins with, up to anything else than blanks and comments. */
function leadingWords(text: string, most: number): readonly string[] {
  const gap = createGaps(text)
  const word = /[\w$]+/y
  const words: string[] = []
  for (let at = gap(0); words.length < most; at = gap(word.lastIndex)) {
    word.lastIndex = at
    const [said] = word.exec(text) ?? []
    if (said === undefined) break
    words.push(said)
  }
  return words
}

/** Other names of settings that are limited, and settings that change several at once. */
const BEHIND: readonly string[] = ['profile', 'compatibility', 'allow_experimental_analyzer']

/**
 * Why a statement may not change settings so: beyond the limits of its role, or in a way that cannot be judged. A setting is
 * changed by its name only, which then stands in the text.
 *
 * @param settings of the address
 */
export function whyBeyond(
  limits: readonly Limit[],
  text: string,
  settings: readonly Setting[],
): ServerException | undefined {
  if (limits.length === 0) return undefined
  const limitBySetting = new Map(limits.map((limit) => [limit.setting, limit]))
  for (const [name, value] of settings) {
    const limit = limitBySetting.get(name)
    if (BEHIND.includes(name) || (limit !== undefined && !isWithin(limit, value))) {
      return beyond(name, limit)
    }
  }
  for (const plain of [text, unescaped(text)]) {
    for (const [name, value] of changesIn(plain, [...limitBySetting.keys(), ...BEHIND])) {
      const limit = limitBySetting.get(name)
      if (limit === undefined || !isWithin(limit, value)) return beyond(name, limit)
    }
  }
  return undefined
}

/**
 * What a text makes of these settings: `name = 5`, whatever blanks and comments stand between, and `SETTINGS name` alone, which is
 * `name = 1`; so any mention is taken for one that is not at the edge of a string, as in `getSetting('name')` and `LIKE '%name'`:
 * no setting can stand there.
 *
 * @returns the value as digits; empty: it is something else
 */
function* changesIn(text: string, names: readonly string[]): Generator<readonly [string, string]> {
  const gap = createGaps(text)
  const digits = /'?(\d+)'?(?![\w.])/y
  const said = new RegExp(`(?<![\\w$'%])(?:${names.join('|')})(?![\\w$'%])`, 'gi')
  for (const { 0: found, index } of text.matchAll(said)) {
    const name = found.toLowerCase()
    const end = index + found.length
    const at = gap(/["`]/.test(text[end] ?? '') ? end + 1 : end)
    digits.lastIndex = gap(at + 1)
    if (text[at] === '=') yield [name, digits.exec(text)?.[1] ?? '']
    else if (!HARMLESS_ALONE.has(name)) yield [name, '1']
  }
}

/** Words of other meaning, too, which as settings without a value change nothing, or are refused by the engine. */
const HARMLESS_ALONE: ReadonlySet<string> = new Set([...BEHIND, 'readonly'])

function isWithin({ value: most, change }: Limit, value: string): boolean {
  if (change === 'default') return true
  if (!/^\d+$/.test(value)) return false
  return change === 'fixed' ? Number(value) === most : Number(value) >= 1 && Number(value) <= most
}

function beyond(name: string, limit: Limit | undefined): ServerException {
  const may =
    limit === undefined || limit.change === 'fixed'
      ? 'it is not changed by this role'
      : `expected a whole number from 1 to ${limit.value}`
  return exception(452, `Setting ${name} should not be changed so: ${may}.`)
}

function isAt(text: string, at: number, sticky: RegExp): boolean {
  sticky.lastIndex = at
  return sticky.test(text)
}
