import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '../errors/failure.ts'
import { readShard, shardProblem } from './shard.ts'

const url = 'http://b:8123'

test('a ClickHouse takes rows only as the shard that it says it is', () => {
  const cases = [
    [{ shard: 1, shards: 1 }, null, null],
    [{ shard: 1, shards: 1 }, { shard: 1, shards: 1 }, null],
    [{ shard: 2, shards: 2 }, { shard: 2, shards: 2 }, null],
    [{ shard: 1, shards: 2 }, { shard: 2, shards: 2 }, /names http:\/\/b:8123 as shard 1 of 2, it says that it is shard 2 of 2: give them in the order/],
    [{ shard: 1, shards: 2 }, null, /shard 1 of 2, it does not say which it is: run `npm run setup`/],
    [{ shard: 1, shards: 2 }, { shard: 1, shards: 1 }, /it says that it is the only one: the number of shards/],
    [{ shard: 1, shards: 3 }, { shard: 1, shards: 2 }, /it says that it is shard 1 of 2: the number of shards/],
    [{ shard: 1, shards: 1 }, { shard: 1, shards: 2 }, /is configured as the only ClickHouse, it says that it is shard 1 of 2/],
  ] as const // prettier-ignore
  for (const [named, said, problem] of cases) {
    const found = shardProblem({ ...named, url }, said)
    if (problem === null) assert.equal(found, null, JSON.stringify(named))
    else assert.match(found ?? '', problem)
  }
})

const answering = (answer: () => readonly object[]) => ({
  query: async <Row>(): Promise<Row[]> => answer() as Row[], // rows of the test
})

test('what the table says is read, and a table that is not there says nothing', async () => {
  const two = { shard: 2, shards: 3 }
  assert.deepEqual(await readShard(answering(() => [two])), two)
  assert.equal(await readShard(answering(() => [])), null)
  const failing = (code: number) =>
    answering(() => {
      const failure = { code, status: 404, network: null, message: `Code: ${code}` }
      throw new ClickHouseFailure('asking', failure)
    })
  assert.equal(await readShard(failing(60)), null)
  await assert.rejects(readShard(failing(497)), ClickHouseFailure)
  await assert.rejects(readShard(answering(() => [two, { shard: 1, shards: 3 }])), /2 of 3 and 1/)
})
