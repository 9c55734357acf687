import {
  detachedParts,
  findEvents,
  findLinked,
  joinFound,
  joinLinked,
  type ErasedSelection,
  type Erasure,
  type FoundEvents,
  type LinkedIds,
} from '@custom-events/clickhouse'
import { onEach } from '../shards/open.ts'
import type { ErasePorts } from './erase.ts'
import { findRefusedRows, selectionOf, type EraseShard } from './shards/one-shard.ts'
import { sumOf, type Counts } from './shards/spread.ts'
import { countTheirKeys, type KeyPorts } from './their-keys.ts'

/** What an erasure would take away. */
export interface Plan {
  readonly events: FoundEvents
  /** By table. */
  readonly refused: Counts
  readonly linked: LinkedIds | null
  /** Of sealed properties; `null`: they stay. */
  readonly keys: number | null
  readonly detached: number
  /** Erasures of the same, the latest last. */
  readonly earlier: readonly Erasure[]
  /** Rows by table on each shard; empty: there is only one. */
  readonly byShard: readonly { readonly name: string; readonly rows: Counts }[]
}

/** Whether nobody has a row of whoever is meant. */
export function isOfNobody({ events, refused }: Pick<Plan, 'events' | 'refused'>): boolean {
  return events.rows === 0 && Object.values(refused).every((rows) => rows === 0)
}

/** Counts, and changes nothing. @throws {ClickHouseFailure} */
export async function countWhatGoes(
  shards: ErasePorts['shards'],
  selection: ErasedSelection,
  keys: KeyPorts,
): Promise<Omit<Plan, 'earlier'>> {
  const counted = await onEach(shards, (shard) => countOn(shard, selection))
  const keysOfShards = await countTheirKeys(keys, selection)
  return {
    events: joinFound(counted.map(({ events }) => events)),
    refused: sumOf(counted.map(({ refused }) => refused)),
    linked: joinLinked(counted.map((each) => each.linked)),
    keys: keysOfShards === null ? null : Math.max(...keysOfShards),
    detached: counted.reduce((sum, { detached }) => sum + detached, 0),
    byShard:
      shards.length === 1
        ? []
        : counted.map(({ name, events, refused }) => ({
            name,
            rows: { events: events.rows, ...refused },
          })),
  }
}

async function countOn({ name, counting }: EraseShard, selection: ErasedSelection) {
  const { ids } = selectionOf(selection)
  const refused = await findRefusedRows(counting, ids, selection.timestampBefore)
  return {
    name,
    events: await findEvents(counting, selection),
    refused: Object.fromEntries(refused.map(({ table, places }) => [table, places.length])),
    linked: await findLinked(counting, selection),
    detached: (await detachedParts(counting)).length,
  }
}
