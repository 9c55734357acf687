import {
  ErasureStalled,
  readErasureStep,
  writeErasureRow,
  type ClickHouse,
  type Erasure,
} from '@custom-events/clickhouse'
import { onEach } from '../../shards/open.ts'
import { NOTHING_DONE, together, type SpreadErasure } from './spread.ts'

/** Rows of a table that were found on shards, by the place of the shard. */
export type FoundAt = readonly { readonly at: number; readonly rows: number }[]

/**
 * Deletes rows of a table that were found, and counts them once on their shard, also when it is killed half-way.
 *
 * @param hide is not called when nothing was found
 */
export type Account = (table: string, found: FoundAt, hide: () => Promise<void>) => Promise<void>

/** The rows of one erasure in `erasures`, one on each shard, as it goes on. */
export interface Ledger {
  /** As it is on all together. */
  readonly erasure: () => SpreadErasure
  /** Writes on every shard how far it is. */
  readonly reach: (reached: Partial<Erasure>) => Promise<void>
  readonly account: Account
}

interface Place {
  readonly clickhouse: Pick<ClickHouse, 'query' | 'command'>
}

/**
 * What was found on a shard is told there, so that a command that is killed anywhere has forgotten nothing. Of two commands that go
 * on with one erasure, one stops at its next row: each would count what the other left, and a receipt say that nothing was found.
 */
export function openLedger(places: readonly Place[], asked: SpreadErasure): Ledger {
  const rows = places.map((_, at) => asked.rows[at] ?? newRow(asked))
  const write = async (at: number, change: (row: Erasure) => Partial<Erasure>): Promise<void> => {
    const [row, place] = [rows[at], places[at]]
    if (row === undefined || place === undefined) throw new RangeError(`no shard ${at + 1}`)
    if ((await readErasureStep(place.clickhouse, asked.erasureId)) > row.step) {
      throw new ErasureStalled(
        'another command goes on with it; run --resume when that has ended, should it still be needed',
      )
    }
    const { userHash } = asked // only whoever was told the id knows it
    const next = { ...row, userHash, ...change(row), step: row.step + 1 }
    await writeErasureRow(place.clickhouse, next)
    rows[at] = next
  }
  const beginning = (at: number, table: string, found: number): Promise<void> =>
    write(at, ({ pending }) => ({
      pending: { ...pending, [table]: Math.max(pending[table] ?? 0, found) },
    }))
  const counted = async (at: number, table: string): Promise<void> => {
    const { [table]: gone = 0 } = rows[at]?.pending ?? {}
    if (gone === 0) return
    await write(at, ({ pending, found }) => {
      const { [table]: _, ...others } = pending
      return { pending: others, found: { ...found, [table]: (found[table] ?? 0) + gone } }
    })
  }
  return {
    erasure: () => ({ ...(together(rows) ?? asked), rows: [...rows] }),
    reach: async (reached) => {
      await onEach(places, (_, at) => write(at, () => reached))
    },
    account: async (table, found, hide) => {
      const some = found.filter(({ rows: count }) => count > 0)
      await onEach(some, ({ at, rows: count }) => beginning(at, table, count))
      if (some.length > 0) await hide()
      await onEach(found, ({ at }) => counted(at, table))
    },
  }
}

/** Of a shard that has not heard of it. */
function newRow(spread: SpreadErasure): Erasure {
  const { rows: _, ...asked } = spread
  return { ...asked, ...NOTHING_DONE }
}
