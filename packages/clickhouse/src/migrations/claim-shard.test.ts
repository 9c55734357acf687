import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimShard } from './claim-shard.ts'

test('what says which shard it is has a quorum of the replicas, which is what is read for', async () => {
  const [reads, writes]: string[][] = [[], []]
  const two = { shard: 2, shards: 3 }
  const clickhouse = {
    database: 'd',
    query: async <Row>(sql: string): Promise<Row[]> => {
      reads?.push(sql)
      return (writes?.length === 0 ? [] : [two]) as Row[] // a row of the test
    },
    command: async (sql: string) => void writes?.push(sql),
  }
  assert.equal(await claimShard(clickhouse, { ...two, url: 'http://b:8123' }), null)
  assert.equal(writes?.length, 1)
  assert.match(writes?.[0] ?? '', /insert_quorum = 'auto', insert_quorum_parallel = 0/)
  for (const sql of reads ?? []) assert.match(sql, /select_sequential_consistency = 1/)
})
