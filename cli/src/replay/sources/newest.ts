import type { ClickHouse } from '@custom-events/clickhouse'
import { partitionOf, type Identity } from '@custom-events/event'
import type { Newest } from './judged.ts'

/** Parameters travel in the URL, of which servers take only so much: 16 KiB at the least. */
const MAX_URL_CHARS = 6_000

/** @returns the copy of each of these events that is in the table now, by `identityKey`. */
async function newestCopies(
  clickhouse: Pick<ClickHouse, 'query'>,
  identities: readonly Identity[],
): Promise<ReadonlyMap<string, Newest>> {
  const found = new Map<string, Newest>()
  for (const some of inParts(identities)) {
    for (const row of await clickhouse.query<NewestRow>(NEWEST, parameters(some))) {
      found.set(identityKey({ ...row, timestamp: Number(row.timestamp_ms) }), {
        receivedAtMs: Number(row.received_at_ms),
        generation: Number(row.generation),
        partition: row.kafka_partition,
        offset: Number(row.kafka_offset),
      })
    }
  }
  return found
}

/** What `newestCopies` needs of one of the ClickHouses that events are spread over. */
interface ShardOfEvents {
  readonly shard: number
  readonly clickhouse: Pick<ClickHouse, 'query'>
}

/**
 * Looks for the copies where they are: an account is in one ClickHouse, and what was refused of it may be in another, as what has
 * no account that can be read, or lies in a partition that somebody else chose.
 *
 * @param home where it was refused. Elsewhere the logs have other generations, which say nothing here.
 */
export function newestInShards(
  shards: readonly ShardOfEvents[],
  home: number,
): (identities: readonly Identity[]) => Promise<ReadonlyMap<string, Newest>> {
  const shardOf = ({ group_id }: Identity): number => partitionOf(group_id, shards.length) + 1
  return async (identities) => {
    const byShard = Map.groupBy(identities, shardOf)
    const found = new Map<string, Newest>()
    for (const { shard, clickhouse } of shards) {
      for (const [key, copy] of await newestCopies(clickhouse, byShard.get(shard) ?? [])) {
        found.set(key, shard === home ? copy : { ...copy, generation: null })
      }
    }
    return found
  }
}

export function identityKey({ group_id, event, timestamp, event_id }: Identity): string {
  return JSON.stringify([group_id, event, timestamp, event_id])
}

interface NewestRow extends Omit<Identity, 'timestamp'> {
  readonly timestamp_ms: string
  readonly received_at_ms: string
  readonly generation: string
  readonly kafka_partition: number
  readonly kafka_offset: string
}

const NEWEST = `
  SELECT group_id, event, toUnixTimestamp64Milli(timestamp) AS timestamp_ms, event_id,
         toUnixTimestamp64Milli(received_at) AS received_at_ms, bitShiftRight(version, 48) AS generation,
         kafka_partition, kafka_offset
  FROM tracked
  WHERE (group_id, event, timestamp, event_id) IN (
    SELECT each.1, each.2, fromUnixTimestamp64Milli(each.3, 'UTC'), each.4
    FROM (SELECT arrayJoin(arrayZip({groups:Array(String)}, {events:Array(String)},
                                    {timestamps:Array(Int64)}, {ids:Array(String)})) AS each))`

function parameters(identities: readonly Identity[]): Readonly<Record<string, unknown>> {
  return {
    groups: identities.map(({ group_id }) => group_id),
    events: identities.map(({ event }) => event),
    timestamps: identities.map(({ timestamp }) => timestamp),
    ids: identities.map(({ event_id }) => event_id),
  }
}

function inParts(identities: readonly Identity[]): readonly (readonly Identity[])[] {
  const parts: Identity[][] = []
  let chars = Infinity
  for (const identity of identities) {
    const size = encodeURIComponent(identityKey(identity)).length
    if (chars + size > MAX_URL_CHARS) {
      parts.push([])
      chars = 0
    }
    chars += size
    parts.at(-1)?.push(identity)
  }
  return parts
}
