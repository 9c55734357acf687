import type { Servers } from '../client/cluster.ts'
import { unreadableParts } from '../disk/unreadable-parts.ts'
import { ErasureStalled } from './waiting.ts'

/**
 * With the parts that were replaced their rows would go, where ClickHouse cannot read those that replace them.
 *
 * @param counting with time to read a part. @throws {ClickHouseFailure | ErasureStalled}
 */
export async function mustBeReadable(counting: Servers, tables: readonly string[]): Promise<void> {
  const unreadable = await unreadableParts(counting, tables)
  if (unreadable.length === 0) return
  const which = unreadable.map(({ table, part, why }) => `${table}/${part} (${why})`).join(', ')
  throw new ErasureStalled(
    `ClickHouse cannot read what it has written anew: ${which}. What that was made of is still on its disk, for minutes: ` +
      'restart ClickHouse now, which takes that up again, drop the part that it then keeps aside, and run it again with --resume',
  )
}
