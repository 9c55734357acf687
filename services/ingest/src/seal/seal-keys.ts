import { createSecretKey, randomBytes } from 'node:crypto'
import type { SealKeyRecord } from '@custom-events/codec'
import { SCOPE_LETTER, type SealScope, type TrackedEvent } from '@custom-events/event'
import type { SealKey } from './seal-key.ts'

type Owner = Pick<TrackedEvent, 'group_id' | 'user_id' | 'anonymous_id'>

/** The keys of this process; every process has its own, so that none has to be asked for. */
export interface SealKeys {
  /** For what an event of theirs seals next; made when there is none that may be used. */
  of(scope: SealScope, owner: Owner): SealKey
  readonly size: number
}

/** Bounds of keys. */
export interface SealKeyLimits {
  /** Keys that a process remembers; those used longest ago are forgotten, which costs another key. */
  readonly maxKeys: number
  /** A key that is older seals nothing more. */
  readonly maxAgeMs: number
  /** Values that one key seals: with random ivs of 96 bits, so few never meet. NIST SP 800-38D allows 2^32. */
  readonly maxUses: number
}

/**
 * Keeps keys in two generations: what is asked for moves to the younger one; when that is full the older is forgotten.
 *
 * @param options.now milliseconds since the epoch.
 * @param options.isErased whether consumers leave a key out as that of somebody erased, also after the erasure was lifted.
 * @param options.random so many bytes; another only in tests. @default randomBytes
 */
export function createSealKeys(options: {
  readonly limits: SealKeyLimits
  readonly now?: () => number
  readonly isErased?: (record: SealKeyRecord) => boolean
  readonly random?: (bytes: number) => Buffer
}): SealKeys {
  const { limits, now = Date.now, isErased = () => false, random = randomBytes } = options
  let young = new Map<string, SealKey>()
  let old = new Map<string, SealKey>()

  const put = (name: string, key: SealKey): void => {
    if (young.size >= limits.maxKeys / 2) {
      old = young
      young = new Map()
    }
    young.set(name, key)
    old.delete(name)
  }

  const isUsable = (key: SealKey): boolean =>
    !key.isLost &&
    key.uses < limits.maxUses &&
    now() - key.record.made_at < limits.maxAgeMs &&
    !isErased(key.record)

  return {
    of: (scope, owner) => {
      const name = nameOf(scope, owner)
      const known = young.get(name) ?? old.get(name)
      const key =
        known !== undefined && isUsable(known)
          ? known
          : newKey(scope, owner, { now: now(), random })
      if (key !== known || !young.has(name)) put(name, key)
      key.uses += 1
      return key
    },
    get size() {
      return young.size + old.size
    },
  }
}

/** Lengths before texts: no two owners have one name, whatever their ids are. */
function nameOf(
  scope: SealScope,
  { group_id: group, user_id: user, anonymous_id: anonymous }: Owner,
): string {
  if (scope === 'account') return `a${group}`
  const ofUser = user === null ? '-' : `${user.length}:${user}`
  const ofAnonymous = anonymous === null ? '-' : `:${anonymous}`
  return `p${group.length}:${group}${ofUser}${ofAnonymous}`
}

function newKey(
  scope: SealScope,
  owner: Owner,
  { now, random }: { readonly now: number; readonly random: (bytes: number) => Buffer },
): SealKey {
  const id = SCOPE_LETTER[scope] + random(16).toString('base64url')
  const bytes = random(32)
  const isPerson = scope === 'person'
  return {
    id,
    secret: createSecretKey(bytes),
    record: {
      key_id: id,
      group_id: owner.group_id,
      user_id: isPerson ? owner.user_id : null,
      anonymous_id: isPerson ? owner.anonymous_id : null,
      key: bytes,
      made_at: now,
    },
    isKept: false,
    isLost: false,
    keeping: null,
    uses: 0,
  }
}
