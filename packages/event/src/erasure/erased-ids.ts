import { murmur2Range } from '../partition.ts'
import type { TrackedEvent } from '../contract/event.ts'
import { sha256Of, type ERASED_COLUMNS, type ErasedKind } from './erased-id.ts'
import { isWithin, type EventTimes } from './erased-spans.ts'
import type { ErasureRecord } from './erasure-record.ts'

/** Whom the ids belong to that may be erased. */
export type Person = Pick<TrackedEvent, (typeof ERASED_COLUMNS)[ErasedKind]>

/** Who is erased: asked of every event, and answered at once while nobody is. */
export interface ErasedIds {
  readonly size: number
  /** Why an event is erased; `null`: it is not. */
  ofEvent(event: Person & Pick<TrackedEvent, 'timestamp' | 'received_at'>): ErasedKind | null
  /** Whether an id is erased that lies in some bytes, UTF-8. An empty one is none. */
  has(kind: ErasedKind, bytes: Buffer, times: EventTimes): boolean
}

export interface ErasedIdsInMemory extends ErasedIds {
  /** Replaces what was known of the id. */
  set(key: string, record: ErasureRecord): void
  /** Nothing is known of the id any more. */
  delete(key: string): void
  get(key: string): ErasureRecord | undefined
  records(): Iterable<ErasureRecord>
}

/** No id has more: 256 characters of at most 4 bytes. */
const MAX_ID_BYTES = 1024

/**
 * Ids by the cheap hash; the costly one is made of those alone that share it with an erased id. About 0.5 KB an erasure.
 */
export function createErasedIds(): ErasedIdsInMemory {
  const byKey = new Map<string, ErasureRecord>()
  const byHash: Readonly<Record<ErasedKind, Map<number, readonly ErasureRecord[]>>> = {
    user: new Map(),
    group: new Map(),
    anonymous: new Map(),
  }
  const scratch = Buffer.alloc(MAX_ID_BYTES)

  const forget = (key: string): void => {
    const known = byKey.get(key)
    if (known === undefined) return
    byKey.delete(key)
    const others = (byHash[known.kind].get(known.murmur2) ?? []).filter((each) => each !== known)
    if (others.length === 0) byHash[known.kind].delete(known.murmur2)
    else byHash[known.kind].set(known.murmur2, others)
  }

  const has = (kind: ErasedKind, bytes: Buffer, times: EventTimes): boolean => {
    if (bytes.length === 0 || byHash[kind].size === 0) return false
    const candidates = byHash[kind].get(murmur2Range(bytes, 0, bytes.length) & 0x7fffffff)
    if (candidates === undefined) return false
    const sha256 = sha256Of(bytes)
    return candidates.some((each) => each.sha256 === sha256 && isWithin(each.spans, times))
  }

  const hasText = (kind: ErasedKind, id: string | null, times: EventTimes): boolean => {
    if (id === null || byHash[kind].size === 0) return false
    return has(kind, scratch.subarray(0, scratch.write(id, 'utf8')), times)
  }

  return {
    get size() {
      return byKey.size
    },
    ofEvent: (event) => {
      if (byKey.size === 0) return null
      const times = { timestamp: event.timestamp, receivedAt: event.received_at }
      if (hasText('user', event.user_id, times)) return 'user'
      if (hasText('group', event.group_id, times)) return 'group'
      return hasText('anonymous', event.anonymous_id, times) ? 'anonymous' : null
    },
    has,
    set: (key, record) => {
      forget(key)
      byKey.set(key, record)
      const known = byHash[record.kind]
      known.set(record.murmur2, [...(known.get(record.murmur2) ?? []), record])
    },
    delete: forget,
    get: (key) => byKey.get(key),
    records: () => byKey.values(),
  }
}

/** For those who know of no erasure. */
export const NOBODY_ERASED: ErasedIds = { size: 0, ofEvent: () => null, has: () => false }
