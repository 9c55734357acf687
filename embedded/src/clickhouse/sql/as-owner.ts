import { exception, type ServerException } from '../engine/errors.ts'
import { createGaps } from './tokens/comments.ts'
import { outsideOfQuotes } from './outside-quotes.ts'

const WORDS = /(?<![\w$])(?:definer|security|materialized|live|window)(?![\w$])/gi

/**
 * Why a login may not make a view so. One that reads as its owner, or by itself as the others do, reads to this engine as its one
 * user, who may take every role; on a server the owner is the login, and the view shows no more than that may read.
 *
 * @param text of a command, one character per byte; what surely stands in quotes, as a comment of a view, is not looked at
 */
export function whyNotAsOwner(text: string): ServerException | undefined {
  const outside = outsideOfQuotes(text) ?? text
  const gap = createGaps(outside)
  for (const { 0: word, index } of outside.matchAll(WORDS)) {
    const next = outside.slice(gap(index + word.length)).slice(0, LONGEST + 1)
    if (isHarmless(word.toLowerCase(), next)) continue
    return exception(
      497,
      'Not enough privileges: a view that setup does not make is a plain one, and reads with the rights of who asks, SQL SECURITY INVOKER.',
    )
  }
  return undefined
}

const LONGEST = 'invoker'.length

/** @param next what stands behind the word */
function isHarmless(word: string, next: string): boolean {
  if (word === 'definer') return false
  if (word === 'security') return /^invoker(?![\w$])/i.test(next)
  return !/^view(?![\w$])/i.test(next)
}
