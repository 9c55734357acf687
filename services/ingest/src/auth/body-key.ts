import { KEY_NAMES } from '@custom-events/event'
import { authenticate } from './auth.ts'
import type { Keys } from './key-file.ts'

/**
 * Refuses a body of an SDK that holds no write key which we know, before it is parsed: whoever has no key costs no
 * more than a search in the bytes. Whether the key is where it belongs is found later, when the body is read.
 *
 * SDKs write `"writeKey":"…"` or `"api_key":"…"`: neither name is looked for with escapes in it.
 *
 * @returns the key that is known; for which origins it is good is asked later.
 * @throws {Refusal} 401.
 */
export function refuseStrangers(
  body: Buffer,
  origin: string | undefined,
  keys: Keys,
): string | null {
  let presented: string | null = null
  const tried = new Set<string>()
  for (const text of presentedIn(body)) {
    if (tried.has(text)) continue
    if (keys.find(text) !== null) return text
    tried.add(text)
    presented ??= text
  }
  authenticate(presented, origin, keys)
  return presented
}

const NAMES = KEY_NAMES.map((name) => Buffer.from(JSON.stringify(name)))
/** Of each name. It stands once beside the events; more are inside them, and each costs a hash. */
const MAX_LOOKS = 64

/** Texts that may be the key: from the end, where some SDKs write it, then from the beginning. */
function* presentedIn(body: Buffer): Generator<string> {
  for (const name of NAMES) {
    const last = body.lastIndexOf(name)
    if (last === -1) continue
    yield* textAt(body, last + name.length)
    let at = body.indexOf(name)
    for (let looks = 0; at < last && looks < MAX_LOOKS; looks += 1) {
      yield* textAt(body, at + name.length)
      at = body.indexOf(name, at + name.length)
    }
  }
}

const COLON = 0x3a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
/** With its quotes. */
const MAX_TEXT_BYTES = 1_024

/** The text behind a colon, or nothing. */
function textAt(body: Buffer, behindName: number): readonly string[] {
  const colon = skipSpace(body, behindName)
  const start = skipSpace(body, colon + 1)
  if (body[colon] !== COLON || body[start] !== QUOTE) return []
  const most = Math.min(body.length, start + MAX_TEXT_BYTES)
  for (let at = start + 1; at < most; at += 1) {
    if (body[at] === BACKSLASH) at += 1
    else if (body[at] === QUOTE) return parsed(body.toString('utf8', start, at + 1))
  }
  return []
}

function skipSpace(body: Buffer, start: number): number {
  let at = start
  while (at < start + MAX_TEXT_BYTES && (body[at] ?? SPACE + 1) <= SPACE) at += 1
  return at
}

function parsed(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' && value !== '' ? [value] : []
  } catch {
    return []
  }
}
