import {
  clearUserHashes,
  conditionOf,
  countEvents,
  detachedParts,
  dropCounted,
  ErasureStalled,
  hideRows,
  keepAsUsual,
  noteDays,
  recount,
  rewriteParts,
  type ErasedSelection,
  type Erasure,
  type Servers,
  type Waiting,
} from '@custom-events/clickhouse'
import { createErasedIds, erasedKey, type ErasedIds } from '@custom-events/event'
import type { Account } from './ledger.ts'
import { conditionsOf, findLetters, findRejected, type RefusedPlace } from '../refused.ts'
import type { Counts } from './spread.ts'

/** One ClickHouse of several. */
export interface EraseShard {
  /** For a person; empty: there is only one. */
  readonly name: string
  readonly servers: Servers
  /** The same, with time to count in: a large table takes longer than any other query may. */
  readonly counting: Servers
}

/** An erasure that is under way. */
export interface Erasing extends Erasure {
  /** It was lifted then, and is done again for what was taken before; `null`: it was not. */
  readonly receivedBefore: number | null
}

/** The rows of an erasure, and those who are erased by it. */
export function selectionOf({ id, timestampBefore, receivedBefore = null }: ErasedSelection) {
  const ids = createErasedIds()
  const spans = [{ timestampBefore, receivedBefore }]
  ids.set(erasedKey(id), { ...id, spans, erasureId: '', askedBy: '', askedAt: 0 })
  return { selection: { id, timestampBefore, receivedBefore }, ids }
}

/** Rejects and dead letters are read one by one, which takes long where there are many. */
export type Sweep = 'events' | 'everything'

/** @returns rows that were found. */
export async function sweepOnce(
  { servers, counting }: EraseShard,
  erasure: Erasing,
  {
    what,
    waiting,
    account,
  }: {
    readonly what: Sweep
    readonly waiting: Waiting
    readonly account: (table: string, rows: number, hide: () => Promise<void>) => Promise<void>
  },
): Promise<number> {
  const { selection, ids } = selectionOf(erasure)
  const events = await countEvents(counting, selection)
  await account('events', events, async () => {
    await noteDays(counting, erasure.erasureId, selection)
    await hideRows(servers, { table: 'events', condition: conditionOf(selection) }, waiting)
  })
  if (what === 'events') return events
  let total = events
  for (const { table, places } of await findRefusedRows(counting, ids, erasure.timestampBefore)) {
    await account(table, places.length, async () => {
      for (const condition of conditionsOf(places)) {
        await hideRows(servers, { table, condition }, waiting)
      }
    })
    total += places.length
  }
  return total
}

/** What was counted from rows that are gone, and the parts that they lay in. */
export async function clearAway(
  { servers, counting }: EraseShard,
  erasure: Erasing,
  {
    waiting,
    account,
    at,
  }: { readonly waiting: Waiting; readonly account: Account; readonly at: number },
): Promise<void> {
  const { selection } = selectionOf(erasure)
  await keepAsUsual(servers)
  await recount(servers, erasure.erasureId, waiting)
  await dropCounted(servers, { erasureId: erasure.erasureId, selection }, waiting)
  if (erasure.userHash !== '0') {
    const clear = (rows: number, update: () => Promise<void>) =>
      account('rollup_daily', [{ at, rows }], update)
    const { userHash, timestampBefore, receivedBefore } = erasure
    // Days since the lift may be counted from what was taken since.
    const before = Math.min(timestampBefore ?? Infinity, receivedBefore ?? Infinity)
    const ofDays = { userHash, timestampBefore: before === Infinity ? null : before }
    await clearUserHashes(counting, ofDays, { waiting, account: clear })
  }
  for (const table of ['events', 'rejected_events', 'dead_letters', 'rollup_daily']) {
    await rewriteParts({ servers, counting }, table, waiting)
  }
}

interface RefusedRows {
  readonly table: 'rejected_events' | 'dead_letters'
  readonly places: readonly RefusedPlace[]
}

export async function findRefusedRows(
  { clickhouse }: Pick<Servers, 'clickhouse'>,
  ids: ErasedIds,
  beforeMs: number | null,
): Promise<readonly RefusedRows[]> {
  return [
    { table: 'rejected_events', places: await findRejected(clickhouse, ids, beforeMs) },
    { table: 'dead_letters', places: await findLetters(clickhouse, ids, beforeMs) },
  ]
}

/** @param keys that are left; `null`: none was meant. @returns 0 of each table. @throws {ErasureStalled} when something is left. */
export async function leftOn(
  { servers, counting }: EraseShard,
  erasure: Erasing,
  keys: number | null,
): Promise<Counts> {
  const { selection, ids } = selectionOf(erasure)
  const left: Record<string, number> = { events: await countEvents(counting, selection) }
  for (const { table, places } of await findRefusedRows(counting, ids, erasure.timestampBefore)) {
    left[table] = places.length
  }
  if (keys !== null) left['seal_keys'] = keys
  const some = Object.entries(left).filter(([, rows]) => rows > 0)
  if (some.length > 0) {
    const which = some.map(([table, rows]) => `${rows} of ${table}`).join(', ')
    throw new ErasureStalled(`rows came back after all: ${which}; run it again with --resume`)
  }
  const detached = await detachedParts(servers)
  if (detached.length > 0) {
    const names = detached.map(
      ({ table, name, reason }) => `${table}/detached/${name} (${reason || 'detached by hand'})`,
    )
    throw new ErasureStalled(
      `ClickHouse keeps parts aside that nobody can look into, and they may hold rows of it: ${names.join(', ')}. ` +
        'Attach what is needed, or drop each with ALTER TABLE … DROP DETACHED PART … SETTINGS allow_drop_detached = 1; ' +
        'then run it again with --resume',
    )
  }
  return left
}
