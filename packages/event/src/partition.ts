/**
 * The partition of an account's events: Kafka's own murmur2 over the UTF-8 bytes of `group_id`,
 * modulo the pinned partition count, so that every Kafka client agrees with us.
 *
 * @param partitionCount the pinned count from the configuration, never the cluster's view.
 */
export function partitionOf(groupId: string, partitionCount: number): number {
  return (murmur2(Buffer.from(groupId, 'utf8')) & 0x7fffffff) % partitionCount
}

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995
const SHIFT = 24

/** 32-bit murmur2 as in Kafka's `Utils.murmur2`; the result is signed, like Java's. */
export function murmur2(bytes: Buffer): number {
  let hash = SEED ^ bytes.length
  const wholeWords = bytes.length & ~3
  for (let offset = 0; offset < wholeWords; offset += 4) {
    let word = Math.imul(bytes.readInt32LE(offset), MULTIPLIER)
    word = Math.imul(word ^ (word >>> SHIFT), MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  const rest = bytes.length - wholeWords
  if (rest > 0) hash = Math.imul(hash ^ bytes.readUIntLE(wholeWords, rest), MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}
