import { ErasureStalled, type Waiting } from '@custom-events/clickhouse'
import { onEach } from '../../shards/open.ts'

/**
 * A step of the way on every shard at once: what is waited for is most of it. What goes no further says on which shard.
 *
 * @returns in the order of the shards @throws as the first of them, when all have ended
 */
export function onShards<S extends { readonly name: string }, T>(
  { shards, waiting }: { readonly shards: readonly S[]; readonly waiting: Waiting },
  run: (shard: S, waiting: Waiting, at: number) => Promise<T>,
): Promise<readonly T[]> {
  return onEach(shards, (shard, at) => {
    const { name } = shard
    if (name === '') return run(shard, waiting, at)
    const onWaiting = (what: string): void => waiting.onWaiting(`${name}: ${what}`)
    return run(shard, { ...waiting, onWaiting }, at).catch((error: unknown) => {
      throw error instanceof ErasureStalled
        ? new ErasureStalled(`${name}: ${error.message}`)
        : error
    })
  })
}
