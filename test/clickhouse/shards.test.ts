// Setup over two ClickHouses: each is told which it is, and is refused as another from then on.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createOperator } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { completeUntilSql } from '../../packages/clickhouse/src/shards/all-shards.ts'
import { kafkaAt } from '../ingest/support.ts'
import { runCli } from '../support/cli-command.ts'
import { countRows, insertEvents, openTwoShards, type TwoShards } from '../support/two-shards.ts'

let two: TwoShards
before(async () => {
  two = await openTwoShards({ isWithKafka: true })
})
after(() => two[Symbol.asyncDispose]())

const SLOW = { timeout: 300_000 }

function urls(order: readonly number[]): Readonly<Record<string, string>> {
  const list = order.map((at) => two.servers[at]?.url ?? 'http://127.0.0.1:9')
  return { CLICKHOUSE_SHARD_URLS: list.join() }
}

const rowsOfShard = (at: 0 | 1) => two.shards[at].query('SELECT shard, shards FROM shard')

test(
  'setup makes every shard, and each says which it is; the second time all was there',
  SLOW,
  async () => {
    const first = await two.setUp()
    for (const shard of ['shard 1 of 2', 'shard 2 of 2']) {
      assert.match(first, new RegExp(`^${shard}: database custom_events: (\\d+) of \\1 migrations`, 'm')) // prettier-ignore
      assert.match(first, new RegExp(`^${shard}: views of events: 1 made`, 'm'))
      assert.match(first, new RegExp(`^${shard}: log of events\\.tracked\\.\\w+: generation \\d+`, 'm')) // prettier-ignore
    }
    assert.deepEqual(await rowsOfShard(0), [{ shard: 1, shards: 2 }])
    assert.deepEqual(await rowsOfShard(1), [{ shard: 2, shards: 2 }])
    const second = await two.setUp()
    assert.match(second, /^shard 2 of 2: database custom_events: 0 of \d+ migrations/m)
    assert.match(second, /^shard 2 of 2: views of events: 0 made, 0 changed, 1 as they were/m)
    assert.deepEqual(await rowsOfShard(1), [{ shard: 2, shards: 2 }])
  },
)

test(
  'another order, another count and one of them alone are refused, by setup and by commands',
  SLOW,
  async () => {
    const [one, other] = two.servers
    await assert.rejects(
      two.setUp(urls([1, 0])),
      new RegExp(`names ${other.url} as shard 1 of 2, it says that it is shard 2 of 2: give them in the order of the first setup`), // prettier-ignore
    )
    await assert.rejects(
      two.setUp({ ...urls([0, 1, 2]), KAFKA_PARTITIONS: '12', SETUP_TIMEOUT_MS: '100' }),
      /as shard 1 of 3, it says that it is shard 1 of 2: the number of shards of a database never changes/,
    )
    const alone = { CLICKHOUSE_SHARD_URLS: '', CLICKHOUSE_URL: one.url }
    await assert.rejects(two.setUp(alone), /is configured as the only ClickHouse, it says that it is shard 1 of 2/) // prettier-ignore
    const topic = `events.tracked.${randomUUID().slice(0, 8)}`
    await assert.rejects(two.setUp({ ...alone, KAFKA_TOPIC: topic }), /asking which shard each ClickHouse is failed/) // prettier-ignore
    const log = createLogger({ service: 'test', level: 'silent' })
    const operator = createOperator(kafkaAt(two.environment['KAFKA_BROKERS'] ?? ''), log)
    await assert.rejects(operator.topicSettings(topic), /UNKNOWN_TOPIC_OR_PARTITION/) // nothing was made
    for (const args of [['views'], ['account', 'list'], ['erase', '--list'], ['retention']]) {
      const swapped = await runCli(args, { environment: { ...two.environment, ...urls([1, 0]) } })
      assert.equal(swapped.code, 1, args.join())
      assert.match(swapped.stderr, /shard 1 of 2, it says that it is shard 2 of 2/)
    }
    const half = await runCli(['erase', '--list'], {
      environment: { ...two.environment, ...alone },
    })
    assert.match(half.stderr, /the only ClickHouse, it says that it is shard 1 of 2/)
    assert.deepEqual(await rowsOfShard(1), [{ shard: 2, shards: 2 }])
  },
)

test('a ClickHouse with rows of the days before shards is no shard of several', SLOW, async () => {
  const { shards } = two
  await insertEvents(shards[0], [{ group: 'g', user: 'u', id: 'e' }])
  for (const clickhouse of shards) await clickhouse.command('TRUNCATE TABLE shard')
  await assert.rejects(two.setUp(), /as shard 1 of 2, it says that it is the only one/)
  assert.deepEqual(await rowsOfShard(1), [], 'nothing is made on the other either')
  await shards[0].command('TRUNCATE TABLE events')
  await two.setUp()
  assert.deepEqual(await rowsOfShard(0), [{ shard: 1, shards: 2 }])
})

test('a shard that is away is named, with its place and address', SLOW, async () => {
  const environment = { ...two.environment, ...urls([0, 2]) }
  const { code, stderr } = await runCli(['account', 'list'], { environment })
  assert.equal(code, 1)
  assert.match(stderr, /shard 2 of 2: .*ECONNREFUSED[^]*fix: is ClickHouse running at CLICKHOUSE_SHARD_URLS, shard 2 of 2: http:\/\/127\.0\.0\.1:9\?/) // prettier-ignore
})

test('complete on all shards is what is complete on the last of them', SLOW, async () => {
  const [clickhouse] = two.shards
  await clickhouse.command(
    'CREATE OR REPLACE TABLE complete_until_by_shard AS complete_until ENGINE = Memory',
  )
  await clickhouse.command(completeUntilSql('complete_until_of_all', 'complete_until_by_shard', 2))
  const asked = async (rows: string) => {
    await clickhouse.command('TRUNCATE TABLE complete_until_by_shard')
    await clickhouse.command(
      `INSERT INTO complete_until_by_shard (topic, cluster_id, complete_until, partitions, waiting_for, lost_before) VALUES ${rows}`,
    )
    return clickhouse.query(
      `SELECT topic, toString(complete_until) AS until, toUInt32(partitions) AS partitions, waiting_for, lost_before
       FROM complete_until_of_all ORDER BY topic`,
    )
  }
  const [early, late] = ["'2026-01-01 00:00:00.000'", "'2026-01-02 00:00:00.000'"]
  assert.deepEqual(
    await asked(
      `('t', 'c', ${late}, 6, [], map()), ('t', 'c', ${early}, 6, [3], map(3, 7)),
       ('u', 'c', NULL, 0, [], map()), ('u', 'c', ${late}, 3, [], map()), ('v', 'c', ${late}, 3, [], map())`,
    ),
    [
      { topic: 't', until: '2026-01-01 00:00:00.000', partitions: 12, waiting_for: [3], lost_before: { 3: '7' } },
      { topic: 'u', until: null, partitions: 0, waiting_for: [], lost_before: {} },
      { topic: 'v', until: null, partitions: 0, waiting_for: [], lost_before: {} },
    ],
    'one of two does not know of u, and one says nothing of v',
  ) // prettier-ignore
  assert.equal(await countRows(clickhouse, 'complete_until_of_all'), 3)
})
