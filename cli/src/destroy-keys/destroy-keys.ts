import { setTimeout as delay } from 'node:timers/promises'
import {
  countKeys,
  deleteMarked,
  idsOfKeys,
  markDestroyed,
  removeReplaced,
  replacedParts,
  type ClickHouse,
} from '@custom-events/clickhouse'
import type { ErasedId } from '@custom-events/event'
import type { ClosedSegments } from '@custom-events/kafka'
import { counted } from '../counted.ts'
import { onEach } from '../shards/open.ts'

/** The database of keys of one ClickHouse. */
export interface KeysShard {
  readonly clickhouse: Pick<ClickHouse, 'query' | 'command' | 'database'>
}

/** What destroying keys needs of the servers. */
export interface DestroyPorts {
  /** The databases of keys: every shard has every key. */
  readonly shards: readonly KeysShard[]
  /** Closes what the topic of keys holds, so that its bytes can go. */
  readonly closeSegments: () => Promise<ClosedSegments>
  /** Resolves when the consumers have inserted every key below these offsets. @throws when that takes too long. */
  readonly caughtUp: (ends: ClosedSegments['ends']) => Promise<void>
  readonly deleteRecordsBefore: (ends: ClosedSegments['ends']) => Promise<void>
  /** Clause, empty: none. */
  readonly onCluster: string
  /** Between two steps; what was begun is ended in order. */
  readonly stop: AbortSignal
}

/** Keys in Kafka that are in no table yet: they would be lost with those that are meant. */
export class KeysBehind extends Error {
  constructor(records: number, consumerGroup: string, waitedMs: number) {
    super(
      `after ${waitedMs / 1_000} s the consumers of ${consumerGroup} have ${counted(records, 'record')} of the topic of keys to ` +
        "insert, and Kafka's must not be deleted before. What the keys sealed cannot be read any more already, but the keys " +
        'themselves are still there. Start the consumers, and run it again; of a group that nobody needs any more ' +
        'delete the offsets (kafka-consumer-groups.sh --delete-offsets)',
    )
    this.name = 'KeysBehind'
  }
}

/** What was done; for a person and for a receipt. */
export interface DestroyedKeys {
  /**
   * Theirs that were there at any time of the run: once they are marked any other run deletes them as well. About 100 bytes
   * of memory each; deleting them is what takes long.
   */
  readonly keys: number
  /** Parts that ClickHouse is still to remove: 0 within seconds. */
  readonly replacedParts: number
  /** `null`: Kafka removes the bytes by itself, within minutes; else why they stay for longer. */
  readonly kafkaKeepsBecause: string | null
}

/**
 * Destroys the keys of somebody: whatever they sealed cannot be read any more, in ClickHouse, in Kafka and in any copy of
 * either. Safe to repeat; one that was cut off is to be repeated.
 *
 * The topic of keys is emptied as far as the consumers have inserted it: keys are in ClickHouse then, and only there. Ingest
 * forgets those of an erased person; else what it still remembers seals for a day at most, for nobody.
 */
export async function destroyKeys(ports: DestroyPorts, owner: ErasedId): Promise<DestroyedKeys> {
  const { shards, stop } = ports
  const seen = new Set<string>()
  await onEach(shards, ({ clickhouse }) => see(clickhouse, owner, seen)) // before: what is marked may be gone the next moment
  await onEach(shards, ({ clickhouse }) => markDestroyed(clickhouse, owner)) // before anything is deleted: from now on none comes back
  stop.throwIfAborted()
  const { ends, openBecause } = await ports.closeSegments()
  stop.throwIfAborted()
  await ports.caughtUp(ends)
  await onEach(shards, (shard) => untilNoneIsLeft({ ...ports, ...shard }, owner, seen))
  stop.throwIfAborted()
  await ports.deleteRecordsBefore(ends)
  return {
    keys: seen.size,
    replacedParts: await partsLeft(ports),
    kafkaKeepsBecause: openBecause,
  }
}

/** How many keys of theirs there are: where one shard has fewer they are on their way. @throws {ClickHouseFailure} */
export async function countKeysOf(shards: readonly KeysShard[], owner: ErasedId): Promise<number> {
  return Math.max(...(await onEach(shards, ({ clickhouse }) => countKeys(clickhouse, owner))))
}

/** Every shard has every key, so an id is the same key on each. */
async function see(
  clickhouse: KeysShard['clickhouse'],
  owner: ErasedId,
  seen: Set<string>,
): Promise<void> {
  for (const id of await idsOfKeys(clickhouse, owner)) seen.add(id)
}

async function partsLeft({ shards, onCluster }: DestroyPorts): Promise<number> {
  const parts = await onEach(shards, (shard) => untilRemoved({ ...shard, onCluster }))
  return parts.reduce((sum, each) => sum + each, 0)
}

/** Ingest makes a key for somebody once a day and process: a second round is rare. */
const MAX_ROUNDS = 10

/** Only what is marked is deleted: a key that was not would come back when Kafka is read again. */
async function untilNoneIsLeft(
  { clickhouse, onCluster, stop }: KeysShard & Pick<DestroyPorts, 'onCluster' | 'stop'>,
  owner: ErasedId,
  seen: Set<string>,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    stop.throwIfAborted()
    await markDestroyed(clickhouse, owner)
    await see(clickhouse, owner, seen) // after: whatever this run marks and deletes is among them
    await deleteMarked(clickhouse, onCluster)
    if ((await countKeys(clickhouse, owner)) === 0) return
  }
  throw new Error('keys of theirs come as fast as they are destroyed: run it again')
}

const REMOVED_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 500

/** Those that were replaced until now: others hold none of the keys. @returns how many are still there. */
async function untilRemoved({
  clickhouse,
  onCluster,
}: KeysShard & Pick<DestroyPorts, 'onCluster'>): Promise<number> {
  let parts = await replacedParts(clickhouse)
  const deadline = performance.now() + REMOVED_WITHIN_MS
  while (parts.size > 0 && performance.now() < deadline) {
    await delay(LOOK_EVERY_MS)
    await removeReplaced(clickhouse, onCluster)
    parts = parts.intersection(await replacedParts(clickhouse))
  }
  return parts.size
}
