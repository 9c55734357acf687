/** The name of a process of one of several shards: which it serves is in it, so that it comes back as what it was. */
export function nameAt(name: string, shard: number, shards: number): string {
  return shards === 1 ? name : `${name}-shard-${shard}`
}

/** Which shard the process of that name serves. */
export function shardIn(name: string): number {
  return Number(/-shard-(\d+)$/.exec(name)?.[1] ?? 1)
}

/** Every shard, from 1. */
export function allShards(shards: number): readonly number[] {
  return Array.from({ length: shards }, (_, index) => index + 1)
}
