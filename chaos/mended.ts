import { breaches, type Check } from './checks.ts'
import { canonicalHash } from './event.ts'
import type { Ledger } from './ledger.ts'
import { earlyId, isEarly, makeEarlyEvent, ownerOf } from './owners.ts'
import type { Poison } from './poison.ts'
import type { ViewRow } from './questions.ts'

/** An event that was refused, and that must be there once when what refused it was mended, unless it is of somebody who is erased. */
interface Mended {
  readonly isErased: boolean
  /** Ingest keeps what it refuses as far as Kafka takes it, and no sender is promised that. */
  readonly isKept: boolean
  /** As of `canonicalHash`; null: not known. */
  readonly hash: string | null
  readonly rows: ViewRow[]
}
export type MendedById = ReadonlyMap<string, Mended>

export const NOTHING_MENDED: MendedById = new Map()

/** Of rejected events a tenth may not have been kept: those of requests that Kafka did not take, or that died with ingest. */
const UNKEPT_SHARE = 0.1

/**
 * What ingest refused for its time, and what only the table refused.
 *
 * @param kept ids of those that were refused for their time and are among the rejected events, before they are replayed.
 */
export function mendedOf(
  { refusedNumbers }: Pick<Ledger, 'refusedNumbers'>,
  injected: readonly Poison[],
  kept: ReadonlySet<string>,
): MendedById {
  const byId = new Map<string, Mended>()
  for (const number of refusedNumbers) {
    if (!isEarly(number)) continue
    const hash = canonicalHash(makeEarlyEvent(number))
    const [id, { isErased }] = [earlyId(number), ownerOf(number)]
    byId.set(id, { isErased, isKept: kept.has(id), hash, rows: [] })
  }
  for (const { eventId, isErased = false } of injected) {
    if (eventId !== undefined) byId.set(eventId, { isErased, isKept: true, hash: null, rows: [] })
  }
  return byId
}

/** The rows of other events; those of mended ones are kept with them. */
export async function* withoutMended(
  view: AsyncIterable<ViewRow>,
  mended: MendedById,
): AsyncGenerator<ViewRow> {
  for await (const row of view) {
    const known = mended.get(row.eventId)
    if (known === undefined) yield row
    else known.rows.push(row)
  }
}

/** After the view was read through `withoutMended`. */
export function checkMended(mended: MendedById): Check {
  const staying = [...mended.values()].filter(({ isErased }) => !isErased)
  const unkept = staying.filter(({ isKept }) => !isKept).length
  const broken = breaches(
    'replayed rejects and dead letters',
    (count) =>
      `${staying.length - unkept} of those who stay, each once; ${unkept} that were not kept; ` +
      `${mended.size - staying.length} of who was erased, none; ${count} not so`,
  )
  if (unkept > UNKEPT_SHARE * staying.length) broken.add(`${unkept} of ${staying.length} not kept`)
  for (const [id, { isErased, isKept, hash, rows }] of mended) {
    const expected = isErased || !isKept ? 0 : 1
    const places = rows.map(({ partition, offset }) => `${partition}@${offset}`).join(', ')
    if (rows.length !== expected)
      broken.add(`${id}: ${rows.length} rows, not ${expected} ${places}`)
    else if (hash !== null && rows.some((row) => row.hash !== hash)) {
      broken.add(`${id} at ${places}: not what was sent`)
    }
  }
  return broken.check()
}
