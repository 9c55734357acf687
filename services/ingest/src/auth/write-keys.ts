import { createHash } from 'node:crypto'
import type { BucketRule } from '../rate-limit/token-bucket.ts'

/** One write key: who sends, and what it may do. */
export interface WriteKey {
  /** Stored as `source` of each event. */
  readonly name: string
  /** SHA-256 of the key. */
  readonly hash: Buffer
  readonly mayWrite: boolean
  /** `null`: any. */
  readonly origins: ReadonlySet<string> | null
  /** Accounts it may write; `null`: any. */
  readonly groupIds: ReadonlySet<string> | null
  /** Its own limit; `null`: the limit of all keys. */
  readonly rateLimit: BucketRule | null
}

/** Who sends when `AUTH_MODE=off`. */
export const ANYBODY: WriteKey = {
  name: '',
  hash: Buffer.alloc(0),
  mayWrite: true,
  origins: null,
  groupIds: null,
  rateLimit: null,
}

/** Thrown for a key file that cannot be used; the message says where and what was expected. */
export class BadKeyFile extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause })
    this.name = 'BadKeyFile'
  }
}

const HEX_SHA256 = /^[0-9a-f]{64}$/i
const SCOPES = new Set(['write', 'admin'])

/**
 * Reads the text of a key file.
 *
 * @throws {BadKeyFile} naming the place and the rule, never a value.
 */
export function parseWriteKeys(text: string): readonly WriteKey[] {
  const document = parseJson(text)
  if (!isObject(document) || !Array.isArray(document['keys'])) {
    throw new BadKeyFile('expected {"keys":[…]}')
  }
  const keys: readonly unknown[] = document['keys']
  if (keys.length === 0) throw new BadKeyFile('"keys" is empty: nobody could send')
  return keys.map((entry, index) => parseKey(entry, `keys[${index}]`))
}

/**
 * Finds the key with a text, in the same time whatever the number of keys: who has none must not cost more because others
 * have many. Looked up by its hash, which tells by no time how close a guess was: nobody can choose a hash.
 */
export function createKeyFinder(keys: readonly WriteKey[]): (presented: string) => WriteKey | null {
  const keyByHash = new Map(keys.map((key) => [key.hash.toString('hex'), key]))
  return (presented) => keyByHash.get(hashOf(presented)) ?? null
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadKeyFile('not valid JSON') // without the cause: its message quotes the file
  }
}

function parseKey(entry: unknown, place: string): WriteKey {
  if (!isObject(entry)) throw new BadKeyFile(`${place}: expected an object`)
  const { name, sha256 } = entry
  if (typeof name !== 'string' || name === '') {
    throw new BadKeyFile(`${place}.name: expected a non-empty string`)
  }
  if (typeof sha256 !== 'string' || !HEX_SHA256.test(sha256)) {
    throw new BadKeyFile(`${place}.sha256: expected the key's SHA-256 as 64 hex digits`)
  }
  const scopes = parseList(entry, 'scopes', place)
  const unknown = [...(scopes ?? [])].find((scope) => !SCOPES.has(scope))
  if (unknown !== undefined) throw new BadKeyFile(`${place}.scopes: expected write or admin`)
  return {
    name,
    hash: Buffer.from(sha256, 'hex'),
    mayWrite: scopes === null || scopes.has('write'),
    origins: parseList(entry, 'origins', place),
    groupIds: parseList(entry, 'group_ids', place),
    rateLimit: parseRateLimit(entry['rate_limit'], `${place}.rate_limit`),
  }
}

function parseRateLimit(limit: unknown, place: string): BucketRule | null {
  if (limit === undefined) return null
  if (!isObject(limit)) throw new BadKeyFile(`${place}: expected an object`)
  const { events_per_second: eventsPerSecond, burst_events: burstEvents } = limit
  if (!isCount(eventsPerSecond) || !isCount(burstEvents)) {
    const expected = 'events_per_second and burst_events, whole numbers from 1'
    throw new BadKeyFile(`${place}: expected ${expected}`)
  }
  return { eventsPerSecond, burstEvents }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function parseList(
  entry: Readonly<Record<string, unknown>>,
  name: string,
  place: string,
): ReadonlySet<string> | null {
  const list = entry[name]
  if (list === undefined) return null
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return new Set(list)
  throw new BadKeyFile(`${place}.${name}: expected a list of strings`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
