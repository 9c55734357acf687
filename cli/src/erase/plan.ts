import {
  detachedParts,
  findEvents,
  findLinked,
  type ErasedSelection,
  type FoundEvents,
  type LinkedIds,
  type Servers,
} from '@custom-events/clickhouse'
import { findRefusedRows, selectionOf } from './erase.ts'
import { countTheirKeys, type KeyPorts } from './their-keys.ts'

/** What an erasure would take away. */
export interface Plan {
  readonly events: FoundEvents
  /** By table. */
  readonly refused: Readonly<Record<string, number>>
  readonly linked: LinkedIds | null
  /** Of sealed properties; `null`: they stay. */
  readonly keys: number | null
  readonly detached: number
}

/** Counts, and changes nothing. @throws {ClickHouseFailure} */
export async function countWhatGoes(
  servers: Servers,
  selection: ErasedSelection,
  keys: KeyPorts,
): Promise<Plan> {
  const { ids } = selectionOf(selection)
  const refused = await findRefusedRows(servers, ids, selection.timestampBefore)
  return {
    events: await findEvents(servers.clickhouse, selection),
    refused: Object.fromEntries(refused.map(({ table, places }) => [table, places.length])),
    linked: await findLinked(servers.clickhouse, selection),
    keys: await countTheirKeys(keys, selection),
    detached: (await detachedParts(servers)).length,
  }
}
