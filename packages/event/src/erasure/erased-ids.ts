import { murmur2Range } from '../partition.ts'
import type { TrackedEvent } from '../contract/event.ts'
import {
  IN_GROUP,
  pairBytes,
  sha256Of,
  type ERASED_COLUMNS,
  type ErasedKind,
  type IdKind,
  MAX_ID_BYTES,
} from './erased-id.ts'
import { isWithin, type EventTimes } from './erased-spans.ts'
import type { ErasureRecord } from './erasure-record.ts'

/** Whom the ids belong to that may be erased; `null`: there is none, or it could not be read. */
export type Person = Readonly<Record<(typeof ERASED_COLUMNS)[IdKind], string | null>>

/** Who is erased: asked of every event, and answered at once while nobody is. */
export interface ErasedIds {
  readonly size: number
  /** Why an event is erased; `null`: it is not. */
  ofEvent(event: Person & Pick<TrackedEvent, 'timestamp' | 'received_at'>): IdKind | null
  /**
   * Whether an id is erased that lies in some bytes, UTF-8. An empty one is none.
   *
   * @param groups accounts that it may belong to: it is erased, too, when it is within one of them.
   */
  has(kind: IdKind, bytes: Buffer, times: EventTimes, groups?: readonly Buffer[]): boolean
}

export interface ErasedIdsInMemory extends ErasedIds {
  /** Replaces what was known of the id. */
  set(key: string, record: ErasureRecord): void
  /** Nothing is known of the id any more. */
  delete(key: string): void
  get(key: string): ErasureRecord | undefined
  records(): Iterable<ErasureRecord>
}

/**
 * Ids by the cheap hash; the costly one is made of those alone that share it with an erased id. About 0.5 KB an erasure.
 */
export function createErasedIds(): ErasedIdsInMemory {
  const byKey = new Map<string, ErasureRecord>()
  const byHash: Readonly<Record<ErasedKind, Map<number, readonly ErasureRecord[]>>> = {
    user: new Map(),
    group: new Map(),
    anonymous: new Map(),
    user_in_group: new Map(),
    anonymous_in_group: new Map(),
  }
  const scratch = Buffer.alloc(MAX_ID_BYTES + 4) // of a longer id there is room for one more character

  const forget = (key: string): void => {
    const known = byKey.get(key)
    if (known === undefined) return
    byKey.delete(key)
    const others = (byHash[known.kind].get(known.murmur2) ?? []).filter((each) => each !== known)
    if (others.length === 0) byHash[known.kind].delete(known.murmur2)
    else byHash[known.kind].set(known.murmur2, others)
  }

  const candidatesOf = (kind: ErasedKind, bytes: Buffer): readonly ErasureRecord[] => {
    if (byHash[kind].size === 0) return []
    return byHash[kind].get(murmur2Range(bytes, 0, bytes.length) & 0x7fffffff) ?? []
  }

  const hasWithin = (
    kind: keyof typeof IN_GROUP,
    { bytes, groups, times }: { bytes: Buffer; groups: readonly Buffer[]; times: EventTimes },
  ): boolean => {
    const candidates = candidatesOf(IN_GROUP[kind], bytes)
    if (candidates.length === 0) return false
    return groups.some((group) => isOneOf(candidates, pairBytes(group, bytes), times))
  }

  const has: ErasedIds['has'] = (kind, bytes, times, groups = []) => {
    if (bytes.length === 0) return false
    const candidates = candidatesOf(kind, bytes)
    if (candidates.length > 0 && isOneOf(candidates, bytes, times)) return true
    return kind !== 'group' && hasWithin(kind, { bytes, groups, times })
  }

  const hasText = (kind: IdKind, id: string | null, event: Person & EventTimes): boolean => {
    const isAsked = byHash[kind].size > 0 || (kind !== 'group' && byHash[IN_GROUP[kind]].size > 0)
    if (id === null || !isAsked) return false
    const bytes = scratch.subarray(0, scratch.write(id, 'utf8'))
    if (bytes.length > MAX_ID_BYTES) return false // of what was refused for its length; cut, it might be somebody else's
    const groups = event.group_id === null ? [] : [Buffer.from(event.group_id, 'utf8')]
    return has(kind, bytes, event, groups)
  }

  return {
    get size() {
      return byKey.size
    },
    ofEvent: (event) => {
      if (byKey.size === 0) return null
      const { user_id, group_id, anonymous_id, timestamp, received_at: receivedAt } = event
      const asked = { user_id, group_id, anonymous_id, timestamp, receivedAt }
      if (hasText('user', user_id, asked)) return 'user'
      if (hasText('group', group_id, asked)) return 'group'
      return hasText('anonymous', anonymous_id, asked) ? 'anonymous' : null
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

function isOneOf(candidates: readonly ErasureRecord[], bytes: Buffer, times: EventTimes): boolean {
  const sha256 = sha256Of(bytes)
  return candidates.some((each) => each.sha256 === sha256 && isWithin(each.spans, times))
}

/** For those who know of no erasure. */
export const NOBODY_ERASED: ErasedIds = { size: 0, ofEvent: () => null, has: () => false }
