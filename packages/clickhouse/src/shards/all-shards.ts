import { roleNamed } from '../access/roles.ts'
import { allShardsDatabase } from '../client/other-databases.ts'
import { quoteIdentifier, quoteText } from '../client/quote.ts'
import type { ShardSaid } from '../client/shard.ts'
import { onCluster } from '../client/cluster.ts'

/** Of which there can be no table: it is asked with a parameter. */
const WITH_PARAMETER = new Set(['user_timeline'])

/** What analysts may read, by name; views of events are each shard's own, and not every shard need have each. */
export function tablesOverShards(): readonly string[] {
  const named = roleNamed('reader').grants.flatMap(({ on }) => on)
  return [...new Set(named)]
    .filter((name) => /^\w+$/.test(name) && !WITH_PARAMETER.has(name))
    .toSorted()
}

export interface AllShardsPlace {
  readonly database: string
  readonly shards: number
  /** A cluster of ClickHouse's own configuration that has every shard. */
  readonly shardsCluster: string
  /** That of statements for all replicas of one shard; empty: none. */
  readonly cluster: string
}

/** The first of them, over the tables that say of each shard which it is. */
export function shardOfEachSql(place: AllShardsPlace): readonly string[] {
  const all = quoteIdentifier(allShardsDatabase(place.database))
  return [`CREATE DATABASE IF NOT EXISTS ${all}${clauseOf(place)}`, over(place, 'shard')]
}

/** Twice in one table is once: it may have been written by two at a time. */
export function askShardOfEachSql(database: string): string {
  return `SELECT DISTINCT _shard_num AS place, shard, shards FROM ${quoteIdentifier(allShardsDatabase(database))}.shard
    ORDER BY place, shard SETTINGS skip_unavailable_shards = 0, select_sequential_consistency = 1`
}

/** Why nothing may be asked by that cluster; `null`: it has every shard, each once. */
export function clusterProblem(
  { shards, shardsCluster }: Pick<AllShardsPlace, 'shards' | 'shardsCluster'>,
  said: readonly ShardSaid[],
): string | null {
  const answered = said.map((each) => each.shard).toSorted((one, other) => one - other)
  const isEach = answered.length === shards && answered.every((shard, at) => shard === at + 1)
  if (isEach && said.every((each) => each.shards === shards)) return null
  const list = said.map((each) => `${each.shard} of ${each.shards}`).join(', ')
  return (
    `CLICKHOUSE_SHARDS_CLUSTER=${shardsCluster} answers as ${list === '' ? 'no shard' : `shard ${list}`}, ` +
    `it must have each of the ${shards} shards exactly once: correct it in remote_servers of ClickHouse's configuration`
  )
}

/**
 * The statements that make, on one shard, a table over all shards of each that analysts may read. Rows are where they are: who
 * asks one of these asks every shard.
 */
export function allShardsSql(place: AllShardsPlace): readonly string[] {
  const named = (name: string): string => tableOfAll(place, name)
  return [
    ...tablesOverShards()
      .filter((name) => name !== COMPLETE_UNTIL)
      .map((name) => over(place, name)),
    over(place, `${COMPLETE_UNTIL}_by_shard`, COMPLETE_UNTIL),
    completeUntilSql(
      `${named(COMPLETE_UNTIL)}${clauseOf(place)}`,
      named(`${COMPLETE_UNTIL}_by_shard`),
      place.shards,
    ),
  ]
}

function tableOfAll({ database }: AllShardsPlace, name: string): string {
  return `${quoteIdentifier(allShardsDatabase(database))}.${quoteIdentifier(name)}`
}

function clauseOf({ cluster }: AllShardsPlace): string {
  return cluster === '' ? '' : ` ${onCluster(cluster)}`
}

function over(place: AllShardsPlace, name: string, from = name): string {
  const { database, shardsCluster } = place
  return (
    `CREATE OR REPLACE TABLE ${tableOfAll(place, name)}${clauseOf(place)} AS ${quoteIdentifier(database)}.${quoteIdentifier(from)} ` +
    `ENGINE = Distributed(${quoteText(shardsCluster)}, ${quoteText(database)}, ${quoteText(from)})`
  )
}

const COMPLETE_UNTIL = 'complete_until'

/**
 * What is complete on every shard: the earliest of their moments; none where one of them does not know, or says nothing.
 *
 * @param name of the view, with its `ON CLUSTER` @param from the table of what each says
 */
export function completeUntilSql(name: string, from: string, shards: number): string {
  return `CREATE OR REPLACE VIEW ${name} SQL SECURITY INVOKER AS
SELECT
    topic,
    cluster_id,
    if(unknown > 0 OR told != ${shards}, NULL, until) AS complete_until,
    dateDiff('millisecond', complete_until, now64(3, 'UTC')) / 1000 AS behind_seconds,
    if(fewest = 0 OR told != ${shards}, 0, total) AS partitions,
    waiting AS waiting_for,
    mapFromArrays(lost.1, lost.2) AS lost_before
FROM
(
    SELECT
        topic,
        cluster_id,
        count() AS told,
        countIf(isNull(said.complete_until)) AS unknown,
        min(said.complete_until) AS until,
        min(said.partitions) AS fewest,
        sum(said.partitions) AS total,
        arraySort(arrayDistinct(arrayFlatten(groupArray(said.waiting_for)))) AS waiting,
        maxMap(mapKeys(said.lost_before), mapValues(said.lost_before)) AS lost
    FROM ${from} AS said
    GROUP BY topic, cluster_id
)
COMMENT 'The moment before which everything that was accepted can be queried on every shard, of each topic.'`
}
