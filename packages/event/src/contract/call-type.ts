/**
 * For whom a path is: our own ones take events and nothing else; SDKs send other calls beside them, and say
 * in `type` which.
 */
export type Audience = 'own' | 'sdk'

/** What `type` makes of a call; `extra`: an event with a field of that name, which is kept like any other. */
export type CallKind = 'event' | 'extra' | 'ignored' | 'unknown'

const EVENTS: ReadonlySet<unknown> = new Set(['track', 'event'])
/** Calls of SDKs that are no events of ours. */
export const OTHER_CALLS: ReadonlySet<unknown> = new Set([
  'identify',
  'group',
  'page',
  'screen',
  'alias',
])

/** @param type as sent; `undefined` for none. */
export function callKind(type: unknown, audience: Audience): CallKind {
  // Lower case of ASCII alone: that of the Kelvin sign is a k.
  const word = typeof type === 'string' && /^[a-z]+$/i.test(type) ? type.toLowerCase() : type
  if (type === undefined || EVENTS.has(word)) return 'event'
  if (audience === 'own') return 'extra'
  return OTHER_CALLS.has(word) ? 'ignored' : 'unknown'
}
