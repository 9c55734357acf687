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
      learnAnew: () => {},
    },
    [{ clusterId: 'c', topic: 't', topicId: 'i' }],
    ['t'],
  )
  stop.abort()
  await assert.rejects(learning, Abandoned)
})

/** Learns the logs of these topics; `kafka_logs` has what is in the table. */
async function learn(table: { topic: string; generation: number }[], topics: readonly string[]) {
  const stop = new AbortController()
  const said: string[] = []
  const learning = learnLogs(
    {
      clickhouse: {
        query: (async (sql: string) =>
          sql.includes('FROM kafka_logs')
            ? table.map((row) => ({ ...row, cluster_id: 'c', topic_id: 'i' }))
            : []) as never,
        command: async (sql) => {
          for (const [, generation, topic = ''] of sql.matchAll(/\((\d+), 'c', '([^']*)'/g))
            table.push({ generation: Number(generation), topic })
        },
      },
      retryLoop: {
        wait: async ({ error }) => void said.push(error.message),
        counted: () => {},
        recovered: () => {},
      },
      stop: stop.signal,
      learnAnew: () => void said.push('learns anew'),
    },
    topics.map((topic) => ({ clusterId: 'c', topic, topicId: 'i' })),
    ['t', 't.g2', 't.g3'],
  ).catch((error: unknown) => {
    if (error instanceof Abandoned) return null
    throw error
  })
  const learned = await learning
  return { said, learned: learned?.map(({ topic, generation }) => `${topic}=${generation}`) }
}

test('no generation is registered behind one that Kafka does not tell of', async () => {
  const table: { topic: string; generation: number }[] = []
  const { said, learned } = await learn(table, ['t', 't.g3', 't.dlq'])
  assert.equal(learned, undefined)
  assert.match(said.join('\n'), /not tell of topic t\.g2, .* for t\.g3.*setup.*\nlearns anew$/)
  assert.deepEqual(
    table.map(({ topic }) => topic),
    ['t', 't.dlq'],
  )
})

test('one that is registered already need not wait for what came before it', async () => {
  const table = ['t', 't.g2', 't.g3'].map((topic, index) => ({ topic, generation: index + 1 }))
  assert.deepEqual(await learn(table, ['t.g2', 't.g3', 't.dlq']), {
    said: [],
    learned: ['t.dlq=4', 't.g2=2', 't.g3=3'],
  })
})

test('the newest generation may be missing: nothing is behind it', async () => {
  assert.deepEqual((await learn([], ['t', 't.g2', 't.dlq'])).learned, ['t=1', 't.g2=2', 't.dlq=3'])
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
  return { world, stop, confirm: () => confirm(log, { stop: stop.signal }) }
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
  const log = { clusterId: 'c', topic: 't', topicId: 'i', generation: 4 }
  const waiting = confirm(log, { stop: stop.signal })
  stop.abort()
  await assert.rejects(waiting, Abandoned)
})
