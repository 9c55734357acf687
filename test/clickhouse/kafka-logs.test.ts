// Generations of Kafka's logs, on a real ClickHouse.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  createClickHouse,
  migrate,
  readLogs,
  registerLogs,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const log = (clusterId: string, topic: string, topicId: string) => ({ clusterId, topic, topicId })

/** A database with our tables, dropped at the end. */
async function ownDatabase(): Promise<ClickHouse> {
  const clickhouse = createClickHouse({
    ...stack.environment,
    CLICKHOUSE_DATABASE: `logs_${randomUUID().slice(0, 8)}`,
  })
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  return {
    ...clickhouse,
    [Symbol.asyncDispose]: async () => {
      await clickhouse.command(`DROP DATABASE IF EXISTS ${clickhouse.database}`)
      await clickhouse[Symbol.asyncDispose]()
    },
  }
}

async function generations(clickhouse: ClickHouse): Promise<readonly number[]> {
  return (await readLogs(clickhouse)).map(({ generation }) => generation)
}

test('the same name in another cluster, or made anew, is another log, with a higher generation', async () => {
  await using clickhouse = await ownDatabase()
  const first = [log('c1', 't', '1'), log('c1', 't.dlq', '2')]
  const of = async (...logs: Parameters<typeof registerLogs>[1][number][]) =>
    (await registerLogs(clickhouse, logs, 'setup')).map(({ generation }) => generation)
  assert.deepEqual(await of(...first), [1, 2])
  assert.deepEqual(await of(log('c2', 't', '1')), [3])
  assert.deepEqual(await of(log('c1', 't', '9'), log('c1', 't', '1')), [4, 1])
  assert.deepEqual(await of(...first), [1, 2])
  assert.deepEqual(await generations(clickhouse), [1, 2, 3, 4])
})

test('many at once: no two logs share a generation, no log has two, none ever changes', async () => {
  await using clickhouse = await ownDatabase()
  const logs = Array.from({ length: 12 }, (_, index) => log('c', `topic${index % 6}`, `${index}`))
  // Each log is registered by three at once, each of which registers four logs.
  const setups = logs.map((_, index) =>
    [0, 3, 5, 7].map((step) => logs[(index + step) % logs.length] ?? log('', '', '')),
  )
  const told = await Promise.all(setups.map((wanted) => registerLogs(clickhouse, wanted, 'setup')))
  const generationByLog = new Map<string, number>()
  for (const { topicId, generation } of told.flat()) {
    assert.equal(generationByLog.get(topicId) ?? generation, generation, `log ${topicId}`)
    generationByLog.set(topicId, generation)
  }
  assert.equal(new Set(generationByLog.values()).size, logs.length)
  assert.equal((await readLogs(clickhouse)).length, logs.length)
  const again = await registerLogs(clickhouse, logs, 'consumer')
  for (const { topicId, generation } of again) {
    assert.equal(generation, generationByLog.get(topicId))
  }
})

test('rows that outlived kafka_logs stay below what is registered anew', async () => {
  await using clickhouse = await ownDatabase()
  await clickhouse.command(
    `INSERT INTO dead_letters (version) VALUES (bitShiftLeft(toUInt64(41), 48) + 5)`,
  )
  const [registered] = await registerLogs(clickhouse, [log('c', 't', '1')], 'setup')
  assert.equal(registered?.generation, 42)
})

test('rows of somebody who had learnt higher generations: all logs are lifted above, in their order', async () => {
  await using clickhouse = await ownDatabase()
  const logs = [log('c', 't', '1'), log('c', 't.v2', '2'), log('c', 't.v3', '3')]
  assert.deepEqual(
    (await registerLogs(clickhouse, logs, 'setup')).map(({ generation }) => generation),
    [1, 2, 3],
  )
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, version) VALUES ('g', 'e', '2026-01-01', bitShiftLeft(toUInt64(9), 48))`,
  )
  const lifting = [logs.slice(1), logs, logs.slice(0, 1)]
  await Promise.all(lifting.map((wanted) => registerLogs(clickhouse, wanted, 'consumer')))
  const told = (await registerLogs(clickhouse, logs, 'consumer')).map(
    ({ generation }) => generation,
  )
  assert.ok(told[0] !== undefined && told[0] > 9, String(told))
  assert.deepEqual(
    told,
    told.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(told).size, 3)
  assert.deepEqual(
    (await registerLogs(clickhouse, logs, 'consumer')).map(({ generation }) => generation),
    told,
    'once is enough',
  )
})

/** The same, on a connection that breaks off before or after a statement, counted from 0. */
function breakingOff(
  clickhouse: ClickHouse,
  { breaksAt, isDone }: { readonly breaksAt: number; readonly isDone: boolean },
): Pick<ClickHouse, 'query' | 'command'> {
  let done = 0
  return {
    query: (sql, params) => clickhouse.query(sql, params),
    command: async (sql, params) => {
      if (done < breaksAt || isDone) await clickhouse.command(sql, params)
      if (done++ >= breaksAt) throw new Error('broke off')
    },
  }
}

for (const [when, at] of [
  ['before its first insert', { breaksAt: 0, isDone: false }],
  ['after its first insert', { breaksAt: 0, isDone: true }],
  ['before its second, if it has one', { breaksAt: 1, isDone: false }],
] as const) {
  test(`a lift that breaks off leaves the logs in their order: ${when}`, async () => {
    await using clickhouse = await ownDatabase()
    const logs = [log('c', 't', '1'), log('c', 't.g2', '2'), log('c', 't.g3', '3')]
    await registerLogs(clickhouse, logs, 'setup')
    await clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, version) VALUES ('g', 'e', '2026-01-01', bitShiftLeft(toUInt64(5), 48))`,
    )
    await registerLogs(breakingOff(clickhouse, at), logs, 'consumer').catch(() => {})
    const told = await registerLogs(clickhouse, logs, 'consumer')
    assert.deepEqual(
      told.map(({ generation }) => generation),
      [6, 7, 8],
    )
    assert.deepEqual(await registerLogs(clickhouse, logs, 'consumer'), told)
  })
}

for (const [what, left] of [
  ['half done', [[6, 1]]], // prettier-ignore
  ['overtaken by a new log', [[6, 3], [7, 1], [8, 2]]], // prettier-ignore
  ['of which two got one number', [[6, 1], [7, 2], [7, 3]]], // prettier-ignore
] as const) {
  test(`a lift of a release before that was ${what} is done again`, async () => {
    await using clickhouse = await ownDatabase()
    const logs = [log('c', 't', '1'), log('c', 't.g2', '2'), log('c', 't.g3', '3')]
    await registerLogs(clickhouse, logs.slice(0, 2), 'setup')
    for (const [generation, id] of left) {
      await clickhouse.command(
        `INSERT INTO kafka_logs (generation, cluster_id, topic, topic_id)
         SETTINGS insert_deduplication_token = 'generation ${generation} of ${id}'
         VALUES (${generation}, 'c', '${logs[id - 1]?.topic}', '${id}')`,
      )
    }
    const told = (await registerLogs(clickhouse, logs.toReversed(), 'consumer')).toReversed()
    const [first = 0, second = 0, third = 0] = told.map(({ generation }) => generation)
    assert.ok(first < second && second < third, String([first, second, third]))
    assert.deepEqual(await registerLogs(clickhouse, logs, 'setup'), told)
  })
}

test('who sees other rows than another takes no number of its block', async () => {
  await using clickhouse = await ownDatabase()
  const logs = [log('c', 't', '1'), log('c', 't.g2', '2'), log('c', 't.g3', '3')]
  await registerLogs(clickhouse, logs, 'setup')
  const rows = (generation: number): Promise<void> =>
    clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, version)
       VALUES ('g', 'e', '2026-01-01', bitShiftLeft(toUInt64(${generation}), 48))`,
    )
  await rows(9)
  // Has seen 9 and is about to claim 10 to 12, when somebody who sees 10 claims from 11 on.
  const late: Pick<ClickHouse, 'query' | 'command'> = {
    query: (sql, params) => clickhouse.query(sql, params),
    command: async (sql, params) => {
      if ((await generations(clickhouse)).length === 3) {
        await rows(10)
        await registerLogs(clickhouse, [log('c', 'other', '4')], 'consumer')
      }
      await clickhouse.command(sql, params)
    },
  }
  await registerLogs(late, logs, 'consumer')
  const all = await generations(clickhouse)
  assert.equal(new Set(all).size, all.length, String(all))
})

test('many tokens without rows do not keep anybody from registering', async () => {
  await using clickhouse = await ownDatabase()
  for (let id = 1; id <= 40; id++)
    await registerLogs(clickhouse, [log('c', 't', String(id))], 'setup')
  await clickhouse.command('ALTER TABLE kafka_logs DELETE WHERE 1 SETTINGS mutations_sync = 1')
  let asked = 0
  const counting: Pick<ClickHouse, 'query' | 'command'> = {
    query: (sql, params) => clickhouse.query(sql, params),
    command: (sql, params) => (asked++, clickhouse.command(sql, params)),
  }
  const [registered] = await registerLogs(counting, [log('c', 'other', '1')], 'setup')
  assert.ok(registered !== undefined && registered.generation > 40, String(registered?.generation))
  assert.ok(asked <= 10, String(asked))
})

test('a generation whose insert broke off after its token was taken is left out', async () => {
  await using clickhouse = await ownDatabase()
  const [first] = await registerLogs(clickhouse, [log('c', 't', '1')], 'setup')
  assert.equal(first?.generation, 1)
  await clickhouse.command('ALTER TABLE kafka_logs DELETE WHERE 1 SETTINGS mutations_sync = 1')
  const [second] = await registerLogs(clickhouse, [log('c', 't', '2')], 'setup')
  assert.equal(second?.generation, 2)
})
