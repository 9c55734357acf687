import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConfirmLog, learnLogs } from './logs.ts'
import { Abandoned } from '../insert/retry-loop.ts'

test('a ClickHouse that never answers does not keep the service from stopping', async () => {
  const stop = new AbortController()
  const never = new Promise<never>(() => {})
  const learning = learnLogs(
    {
      clickhouse: { query: () => never, command: () => never },
      retryLoop: { wait: () => never, counted: () => {}, recovered: () => {} },
      stop: stop.signal,
    },
    [{ clusterId: 'c', topic: 't', topicId: 'i' }],
  )
  stop.abort()
  await assert.rejects(learning, Abandoned)
})

/** What `kafka_logs` has and the clock are set by the test. */
function confirming() {
  const log = { clusterId: 'c', topic: 't', topicId: 'i', generation: 4 }
  const world = { generations: [4], nowMs: 0, asked: 0, other: [] as (number | null)[] }
  const query = async () => {
    world.asked++
    const place = { cluster_id: 'c', topic: 't', topic_id: 'i' }
    return world.generations.map((generation) => ({ ...place, generation }))
  }
  const confirm = createConfirmLog({
    clickhouse: { query: query as never },
    now: () => world.nowMs,
    onOther: (_, generation) => void world.other.push(generation),
  })
  const stop = new AbortController()
  return { world, stop, confirm: () => confirm(log, stop.signal) }
}

test('a log is confirmed while kafka_logs has it as learnt, asked once a second', async () => {
  const { world, confirm } = confirming()
  for (world.nowMs = 0; world.nowMs <= 2_500; world.nowMs += 100) await confirm()
  assert.deepEqual([world.asked, world.other], [3, []])
})

for (const [how, generations, told] of [
  ['another generation', [1], 1],
  ['a newer one beside it', [4, 7], 7],
  ['no such log', [], null],
] as const) {
  test(`nothing is inserted under an old generation: ${how}`, async () => {
    const { world, confirm } = confirming()
    await confirm()
    world.nowMs = 1_001
    world.generations = [...generations]
    await assert.rejects(confirm(), Abandoned)
    assert.deepEqual(world.other, [told])
  })
}

test('who stops does not wait for what kafka_logs says', async () => {
  const stop = new AbortController()
  const confirm = createConfirmLog({
    clickhouse: { query: () => new Promise<never>(() => {}) },
    now: () => 0,
    onOther: () => assert.fail('nothing is known'),
  })
  const waiting = confirm({ clusterId: 'c', topic: 't', topicId: 'i', generation: 4 }, stop.signal)
  stop.abort()
  await assert.rejects(waiting, Abandoned)
})
