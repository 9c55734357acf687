import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OtherShards } from './open.ts'
import { setUpAllShards } from './set-up.ts'

const config = { CLICKHOUSE_CLUSTER: '', CLICKHOUSE_SHARDS_CLUSTER: 'prod' }

function answering(rows: readonly object[]) {
  const commands: string[] = []
  const clickhouse = {
    database: 'ce',
    query: async <Row>() => rows as Row[], // rows of any kind
    command: async (sql: string): Promise<void> => void commands.push(sql),
  }
  return { clickhouse, commands, shards: 2 }
}

test('tables over all shards are made only of a cluster that has every shard', async () => {
  const all = answering([{ shard: 1, shards: 2 }, { shard: 2, shards: 2 }]) // prettier-ignore
  await setUpAllShards(all, config, () => {})
  assert.ok(all.commands.some((sql) => sql.includes('`ce_all`.`tracked`')))
  const half = answering([{ shard: 1, shards: 2 }])
  await assert.rejects(setUpAllShards(half, config, () => {}), (error) => error instanceof OtherShards) // prettier-ignore
  assert.deepEqual(
    half.commands.filter((sql) => !sql.includes('`shard`') && !sql.includes('DATABASE')),
    [],
  )
})
