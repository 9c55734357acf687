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
