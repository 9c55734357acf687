import { murmur2Range, partitionOfHash } from '@custom-events/event'
import type { FetchedRecord, Shard } from '@custom-events/kafka'

/**
 * How many of the records that a shard has read are of accounts of another, by their keys: who produced them named a wrong
 * partition. An account on two shards has copies that nothing ever collapses. A record without a key says nothing.
 */
export function countMisplaced(
  records: readonly Pick<FetchedRecord, 'key'>[],
  { shard, shards }: Shard,
): number {
  if (shards === 1) return 0
  let misplaced = 0
  for (const { key } of records) {
    if (key !== null && partitionOfHash(murmur2Range(key, 0, key.length), shards) + 1 !== shard)
      misplaced += 1
  }
  return misplaced
}
