import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allShardsSql, clusterProblem, shardOfEachSql, tablesOverShards } from './all-shards.ts'

const place = { database: 'ce', shards: 2, shardsCluster: 'prod', cluster: '' }

test('what analysts read has a table over all shards, and nothing that is for others', () => {
  const names = tablesOverShards()
  for (const name of ['tracked', 'events_daily', 'active_users_monthly', 'catalogue_events', 'rejected_events']) {
    assert.ok(names.includes(name), name)
  } // prettier-ignore
  for (const name of ['audit', 'erasures', 'seal_keys', 'tracked_unsealed', 'event_*', 'shard', 'user_timeline']) {
    assert.ok(!names.includes(name), name)
  } // prettier-ignore
})

test('they are in a database of their own, each over the table of every shard', () => {
  const sql = allShardsSql(place)
  assert.deepEqual(shardOfEachSql(place), [
    'CREATE DATABASE IF NOT EXISTS `ce_all`',
    "CREATE OR REPLACE TABLE `ce_all`.`shard` AS `ce`.`shard` ENGINE = Distributed('prod', 'ce', 'shard')",
  ])
  assert.ok(
    sql.includes(
      "CREATE OR REPLACE TABLE `ce_all`.`tracked` AS `ce`.`tracked` ENGINE = Distributed('prod', 'ce', 'tracked')",
    ),
  )
  const complete = sql.filter((statement) => statement.includes('complete_until'))
  assert.deepEqual(
    complete.map((statement) => statement.slice(0, 66)),
    [
      'CREATE OR REPLACE TABLE `ce_all`.`complete_until_by_shard` AS `ce`',
      'CREATE OR REPLACE VIEW `ce_all`.`complete_until` SQL SECURITY INVO',
    ],
  )
  assert.match(complete[1] ?? '', /told != 2, NULL.*FROM `ce_all`\.`complete_until_by_shard`/s)
})

test('with replicas they are made on all of those of the shard', () => {
  const replicated = { ...place, cluster: '{replicas}' }
  const sql = [...shardOfEachSql(replicated), ...allShardsSql(replicated)]
  assert.ok(sql.every((statement) => statement.includes(' ON CLUSTER `{replicas}`')))
  assert.ok(sql.every((statement) => !statement.includes("Distributed('{replicas}'")))
})

test('a cluster that has not every shard exactly once is refused, and what it answers is said', () => {
  const of = (...said: readonly (readonly [number, number])[]) =>
    clusterProblem(place, said.map(([shard, shards]) => ({ shard, shards }))) // prettier-ignore
  assert.equal(of([1, 2], [2, 2]), null)
  assert.equal(of([2, 2], [1, 2]), null, "its order is ClickHouse's own")
  for (const [problem, says] of [
    [of(), /answers as no shard, it must have each of the 2 shards exactly once/],
    [of([1, 2]), /CLICKHOUSE_SHARDS_CLUSTER=prod answers as shard 1 of 2, it/],
    [of([1, 2], [1, 2]), /shard 1 of 2, 1 of 2, it/],
    [of([1, 2], [2, 2], [2, 2]), /shard 1 of 2, 2 of 2, 2 of 2, it/],
    [of([1, 3], [2, 3]), /shard 1 of 3, 2 of 3, it/],
  ] as const) {
    assert.match(problem ?? 'none', says)
  }
})
