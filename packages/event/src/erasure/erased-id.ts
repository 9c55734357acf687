import { createHash } from 'node:crypto'
import { SENT_FIELDS } from '../contract/event-fields.ts'
import { murmur2 } from '../partition.ts'

/** What one id of an event can name, and the column that it is compared with. */
export const ERASED_COLUMNS = {
  user: 'user_id',
  group: 'group_id',
  anonymous: 'anonymous_id',
} as const
export type IdKind = keyof typeof ERASED_COLUMNS
export const ID_KINDS: readonly IdKind[] = ['user', 'group', 'anonymous']

/** The most characters that an id of this kind has, by the contract: what JSON Schema counts, not UTF-16 units. */
export function maxCharsOf(kind: IdKind): number {
  return SENT_FIELDS[ERASED_COLUMNS[kind]].chars[1]
}

/** No id has more: characters have at most 4 bytes. */
export const MAX_ID_BYTES = 4 * Math.max(...ID_KINDS.map(maxCharsOf))

/** Persons within one account: accounts may use the same ids for different people. */
export const IN_GROUP = { user: 'user_in_group', anonymous: 'anonymous_in_group' } as const

/** What an erasure may name. */
export type ErasedKind = IdKind | (typeof IN_GROUP)[keyof typeof IN_GROUP]
export const ERASED_KINDS: readonly ErasedKind[] = [...ID_KINDS, ...Object.values(IN_GROUP)]

/** The id that a kind compares, be it in every account or in one. */
export function idKindOf(kind: ErasedKind): IdKind {
  if (kind === 'user_in_group') return 'user'
  return kind === 'anonymous_in_group' ? 'anonymous' : kind
}

export function isInGroup(kind: ErasedKind): boolean {
  return kind === IN_GROUP.user || kind === IN_GROUP.anonymous
}

/**
 * An erased id as it is kept: never the id itself. Whoever has the id finds it here; whoever has this can only try ids.
 */
export interface ErasedId {
  readonly kind: ErasedKind
  /** SHA-256 of the UTF-8 bytes of the id, of a person within an account of `pairBytes`; 64 hex digits. */
  readonly sha256: string
  /** Kafka's murmur2 of the id without its highest bit: tells most other ids apart for a hundredth of the cost. */
  readonly murmur2: number
}

/** @param id as it is stored: the digits of a number, no blanks taken away, no letter changed. */
export function erasedIdOf(kind: IdKind, id: string): ErasedId {
  const bytes = Buffer.from(id, 'utf8')
  return { kind, sha256: sha256Of(bytes), murmur2: murmur2(bytes) & 0x7fffffff }
}

/** Somebody within one account. */
export function erasedInGroup(kind: keyof typeof IN_GROUP, id: string, group: string): ErasedId {
  const bytes = Buffer.from(id, 'utf8')
  return {
    kind: IN_GROUP[kind],
    sha256: sha256Of(pairBytes(Buffer.from(group, 'utf8'), bytes)),
    murmur2: murmur2(bytes) & 0x7fffffff,
  }
}

/** Unmistakable, whatever both hold: how many bytes the account has, `:`, the account, the id. */
export function pairBytes(group: Uint8Array, id: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${group.length}:`), group, id])
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The key of its record on the topic of erasures. */
export function erasedKey({ kind, sha256 }: Pick<ErasedId, 'kind' | 'sha256'>): string {
  return `${kind}:${sha256}`
}
