import type { TrackedEvent } from './contract/event.ts'

/**
 * The partition of an account's events: Kafka's own murmur2 over the UTF-8 bytes of `group_id`,
 * modulo the pinned partition count, so that every Kafka client agrees with us.
 *
 * @param partitionCount the pinned count from the configuration, never the cluster's view.
 */
export function partitionOf(groupId: string, partitionCount: number): number {
  return partitionOfHash(murmur2(Buffer.from(groupId, 'utf8')), partitionCount)
}

/** @param hash murmur2 of the bytes of `group_id`. */
export function partitionOfHash(hash: number, partitionCount: number): number {
  return (hash & 0x7fffffff) % partitionCount
}

/** What makes two copies the same event. */
export type Identity = Pick<TrackedEvent, 'group_id' | 'event' | 'timestamp' | 'event_id'>

/** By what the partition of an event is found. */
export interface Placement {
  readonly partitions: number
  /** @default no account is split */
  readonly split?: SplitAccounts | undefined
}

/** The partition of an accepted event. */
export function partitionOfEvent(event: Identity, placement: Placement): number {
  return partitionOfHashed(murmur2(Buffer.from(event.group_id, 'utf8')), event, placement)
}

/**
 * The same where the hash is known. An event that lies in a body makes texts of its fields when asked for them: only those
 * of a split account are.
 *
 * @param hash murmur2 of the bytes of `group_id`.
 */
export function partitionOfHashed(
  hash: number,
  event: Identity,
  { partitions, split }: Placement,
): number {
  if (split === undefined || !split.hashes.has(hash) || !split.ids.has(event.group_id)) {
    return partitionOfHash(hash, partitions)
  }
  return partitionOfSplit(hash, event, { partitions, shards: split.shards })
}

/**
 * The partition of an event of a split account. Copies of one event share it, and so their order; other events of the account
 * do not. Partitions p with the same p mod `shards` are one ClickHouse's: the account stays with its own.
 *
 * @param hash murmur2 of the bytes of `group_id`.
 * @param options.partitions a multiple of `shards`.
 */
export function partitionOfSplit(
  hash: number,
  { event, timestamp, event_id: id }: Omit<Identity, 'group_id'>,
  { partitions, shards }: { readonly partitions: number; readonly shards: number },
): number {
  const of = partitionOf(`${id}\n${timestamp}\n${event}`, partitions / shards)
  return partitionOfHash(hash, shards) + shards * of
}

/** Accounts whose events are spread over the partitions of their shard. */
export interface SplitAccounts {
  readonly ids: ReadonlySet<string>
  /** murmur2 of each: tells nearly every other account apart before its text is made. */
  readonly hashes: ReadonlySet<number>
  /** Over how many ClickHouse servers accounts are spread. */
  readonly shards: number
}

/** @returns `undefined` when there is none */
export function splitAccounts(ids: Iterable<string>, shards: number): SplitAccounts | undefined {
  const all = new Set([...ids].toSorted())
  if (all.size === 0) return undefined
  const hashes = new Set([...all].map((id) => murmur2(Buffer.from(id, 'utf8'))))
  return { ids: all, hashes, shards }
}

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995
const SHIFT = 24

/** 32-bit murmur2 as in Kafka's `Utils.murmur2`; the result is signed, like Java's. */
export function murmur2(bytes: Buffer): number {
  return murmur2Range(bytes, 0, bytes.length)
}

/** murmur2 of some bytes of a buffer. */
export function murmur2Range(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  let hash = SEED ^ length
  const wholeEnd = start + (length & ~3)
  for (let offset = start; offset < wholeEnd; offset += 4) {
    let word = Math.imul(bytes.readInt32LE(offset), MULTIPLIER)
    word = Math.imul(word ^ (word >>> SHIFT), MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  const rest = end - wholeEnd
  if (rest > 0) hash = Math.imul(hash ^ bytes.readUIntLE(wholeEnd, rest), MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}
