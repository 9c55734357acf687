import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confirming, learnLogs } from './logs.ts'
import { Abandoned } from './persist.ts'

test('a ClickHouse that never answers does not keep the service from stopping', async () => {
  const stop = new AbortController()
  const never = new Promise<never>(() => {})
  const learning = learnLogs(
    {
      clickhouse: { query: () => never, command: () => never },
      persistence: { wait: () => never, counted: () => {}, recovered: () => {} },
      stop: stop.signal,
    },
    [{ clusterId: 'c', topic: 't', topicId: 'i' }],
  )
  stop.abort()
  await assert.rejects(learning, Abandoned)
})

/** An insert that confirms its log first, with what `kafka_logs` has and a clock, both set by the test. */
function inserting() {
  const log = { clusterId: 'c', topic: 't', topicId: 'i', generation: 4 }
  const world = {
    generations: [4],
    nowMs: 0,
    asked: 0,
    inserted: 0,
    other: [] as (number | null)[],
  }
  const query = async () => {
    world.asked++
    return world.generations.map((generation) => ({
      generation,
      cluster_id: 'c',
      topic: 't',
      topic_id: 'i',
    }))
  }
  const { insertNative } = confirming(
    { query: query as never, insertNative: async () => void world.inserted++ },
    {
      log,
      confirmed: new WeakMap(),
      now: () => world.nowMs,
      onOther: (generation) => void world.other.push(generation),
    },
  )
  const insert = () => insertNative({ table: 'events', columns: [], block: Buffer.alloc(0) })
  return { world, insert }
}

test('an insert goes on while kafka_logs has its log as learnt, and asks once a second', async () => {
  const { world, insert } = inserting()
  for (world.nowMs = 0; world.nowMs <= 2_500; world.nowMs += 100) await insert()
  assert.deepEqual([world.asked, world.inserted], [3, 26])
})

for (const [how, generations, told] of [
  ['another generation', [1], 1],
  ['a newer one beside it', [4, 7], 7],
  ['no such log', [], null],
] as const) {
  test(`nothing is inserted under an old generation: ${how}`, async () => {
    const { world, insert } = inserting()
    await insert()
    world.nowMs = 1_001
    world.generations = [...generations]
    await assert.rejects(insert(), Abandoned)
    assert.deepEqual([world.inserted, world.other], [1, [told]])
  })
}
