import {
  readErasureRows,
  type ClickHouse,
  type Erasure,
  type ErasureState,
} from '@custom-events/clickhouse'
import { onEach } from '../../shards/open.ts'

/** An erasure as it is on all shards together, and its row of each. */
export interface SpreadErasure extends Erasure {
  /** In the order of the shards; `null`: it has none, because a command was killed in between, or a backup is older. */
  readonly rows: readonly (Erasure | null)[]
}

/** How far an erasure is that was only asked for. */
export const NOTHING_DONE = {
  state: 'asked',
  announcedAt: null,
  announcedOffset: null,
  found: {},
  pending: {},
  finishedAt: null,
  receiptSha256: '',
  step: 0,
} as const satisfies Partial<Erasure>

/** The erasures of all shards, the latest last. @throws {ClickHouseFailure} */
export async function readErasures(
  shards: readonly { readonly clickhouse: Pick<ClickHouse, 'query'> }[],
): Promise<readonly SpreadErasure[]> {
  return spread(await onEach(shards, ({ clickhouse }) => readErasureRows(clickhouse)))
}

/** @param rowsOfShards of each shard, in their order */
export function spread(rowsOfShards: readonly (readonly Erasure[])[]): readonly SpreadErasure[] {
  const ids = new Set(rowsOfShards.flat().map(({ erasureId }) => erasureId))
  const found = [...ids].flatMap((id) => {
    const rows = rowsOfShards.map((of) => of.find(({ erasureId }) => erasureId === id) ?? null)
    return together(rows) ?? []
  })
  return found.toSorted((one, other) => one.askedAt - other.askedAt)
}

/** In the order in which an erasure goes; whoever has no row of it was not even asked. */
const WAY: readonly ErasureState[] = ['asked', 'announced', 'hidden', 'settled', 'done']

/** As far as the shard that is furthest behind; `null`: none has it. */
export function together(rows: readonly (Erasure | null)[]): SpreadErasure | null {
  const known = rows.filter((row) => row !== null)
  const [first] = known
  if (first === undefined) return null
  const announced = known.find(({ announcedAt }) => announcedAt !== null) ?? first
  const states = rows.map((row) => row?.state ?? 'asked')
  // What was lifted was lifted on Kafka, whichever shard knows of it.
  const state = states.includes('lifted')
    ? 'lifted'
    : (WAY.find((each) => states.includes(each)) ?? 'asked')
  return {
    ...first,
    state,
    announcedAt: announced.announcedAt,
    announcedOffset: announced.announcedOffset,
    found: sumOf(known.map(({ found }) => found)),
    pending: sumOf(known.map(({ pending }) => pending)),
    rows,
  }
}

export type Counts = Readonly<Record<string, number>>

/** Counts by table, of all together. */
export function sumOf(counts: readonly Counts[]): Counts {
  const tables = new Set(counts.flatMap((each) => Object.keys(each)))
  return Object.fromEntries(
    [...tables].map((table) => [
      table,
      counts.reduce((sum, { [table]: rows = 0 }) => sum + rows, 0),
    ]),
  )
}
