import type { Limit } from '@custom-events/clickhouse/access'
import { exception, type ServerException } from '../engine/errors.ts'
import { createGaps } from './comments.ts'
import type { Setting } from './settings.ts'

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

/** Table functions that read what parts hold beside their rows, of which row policies know nothing (ClickHouse 115230). */
const OF_PARTS = /mergetree(?:index|projection|textindex|analyzeindexes)/i

/** Why somebody who sees the rows of one account only may not ask so. @param text as above */
export function whyNotOfAccounts(text: string): ServerException | undefined {
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
  if (!OF_PARTS.test(text) && !OF_PARTS.test(unescaped(text))) return undefined
  return exception(497, 'Not enough privileges: what parts hold beside their rows is not shown.')
}

/** Whether it is EXPLAIN of what would be read, by which keys at the edges of others' rows could be guessed. */
function explainsReading(text: string): boolean {
  const gap = createGaps(text)
  const explain = /explain(?![\w$])/iy
  explain.lastIndex = gap(0)
  return (
    explain.test(text) && !isAt(text, gap(explain.lastIndex), /(?:syntax|ast|query)(?![\w$])/iy)
  )
}

/** Whether it is SHOW GRANTS, SHOW CREATE USER and the like: the engine has a role for each account, and names them all. */
function showsAccess(text: string): boolean {
  const [first = '', ...others] = leadingWords(text, 4)
  const of = others.find((word) => !/^(?:create|current|enabled|settings|masking)$/i.test(word))
  return /^show$/i.test(first) && OF_ACCESS.test(of ?? '')
}

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
  const names = [...limitBySetting.keys(), ...BEHIND].join('|')
  const changes = new RegExp(
    `(?<![\\w$])(${names})(?![\\w$])["\`]?\\s*=\\s*(?:'?(\\d+)'?(?![\\w.]))?`,
    'gi',
  )
  for (const plain of [text, unescaped(text)]) {
    for (const [, name = '', value = ''] of plain.matchAll(changes)) {
      const limit = limitBySetting.get(name.toLowerCase())
      if (limit === undefined || !isWithin(limit, value)) return beyond(name, limit)
    }
  }
  return undefined
}

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

/** With letters that are written as `\x6c` as the letters that the engine reads. */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\x([\da-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll('\\', '')
}

function isAt(text: string, at: number, sticky: RegExp): boolean {
  sticky.lastIndex = at
  return sticky.test(text)
}
