import type { Servers } from '../client/cluster.ts'
import { unreadableParts, type Written } from '../disk/unreadable-parts.ts'
import { keepForADay } from './kept-parts.ts'
import { ErasureStalled } from './waiting.ts'

/**
 * With the parts that were replaced their rows would go, where ClickHouse cannot read those that replace them: then they stay.
 *
 * @param counting with time to read a part. @throws {ClickHouseFailure | ErasureStalled}
 */
export async function mustBeReadable(counting: Servers, written: Written): Promise<void> {
  const unreadable = await unreadableParts(counting, written)
  if (unreadable.length === 0) return
  const howLong = (await keepForADay(counting)) ? 'a day' : 'minutes'
  const which = unreadable.map(({ table, part, why }) => `${table}/${part} (${why})`).join(', ')
  throw new ErasureStalled(
    `ClickHouse cannot read what it has written anew: ${which}. What that was made of is still on its disk, for ${howLong}: ` +
      'restart ClickHouse, which takes that up again, drop the part that it then keeps aside, and run it again with --resume',
  )
}
