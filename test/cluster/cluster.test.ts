// Shards with replicas on ClickHouse servers of a real cluster; nothing here can be had of the embedded engine, which has
// no Keeper and no cluster. It runs where these say where they are, and is skipped with the reason everywhere else:
//
//   CLICKHOUSE_TEST_CLUSTER           addresses of the HTTP interfaces: shards separated by commas, replicas of a shard by |,
//                                     http://a1:8123|http://a2:8123,http://b1:8123|http://b2:8123
//   CLICKHOUSE_TEST_CLUSTER_NAME      a cluster of their configuration that has all shards, with a <secret>
//   CLICKHOUSE_TEST_CLUSTER_REPLICAS  a cluster of the replicas of one shard, most often a macro, {replicas}; empty without replicas
//   CLICKHOUSE_TEST_CLUSTER_USER, CLICKHOUSE_TEST_CLUSTER_PASSWORD   somebody who may do everything. @default default, none
//
// Kafka and the registry are those of the other tests. Its databases are its own, and are dropped at the end.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { classify, ClickHouseFailure, type ClickHouse } from '@custom-events/clickhouse'
import { runErase } from '../support/erase-command.ts'
import { eventually } from '../support/eventually.ts'
import { openCluster, whyNoCluster, type TestCluster } from './open-cluster.ts'
import { countRows, insertEvents } from '../support/two-shards.ts'

const skip = whyNoCluster() ?? false
const SLOW = { timeout: 600_000, skip }

let cluster: TestCluster
before(async () => {
  if (skip === false) cluster = await openCluster()
})
after(async () => {
  if (skip === false) await cluster[Symbol.asyncDispose]()
})

test('setup makes every shard, its replicas, and the tables over all shards', SLOW, async () => {
  const said = await cluster.setUp()
  for (const { name } of cluster.shards) {
    const prefix = name === '' ? '' : `${name}: `
    assert.match(said, new RegExp(`^${prefix}database ${cluster.database}: (\\d+) of \\1 migrations`, 'm')) // prettier-ignore
  }
  for (const { replicas } of cluster.shards) {
    for (const replica of replicas) {
      assert.equal(await countRows(replica, `system.tables WHERE database = '${cluster.database}' AND name = 'events'`), 1) // prettier-ignore
    }
  }
  const again = await cluster.setUp()
  assert.match(again, /database \w+: 0 of \d+ migrations/)
})

test('who asks a table over all shards sees the rows of each, once', SLOW, async () => {
  for (const [at, { replicas }] of cluster.shards.entries()) {
    await insertEvents(replicas[0], [{ group: `account_${at}`, user: 'u', id: 'e' }])
  }
  for (const { replicas } of cluster.shards) {
    await eventually(async () => {
      const seen = await countRows(replicas[0], `${cluster.database}_all.tracked`)
      assert.equal(seen, cluster.shards.length)
    })
    const behind = await replicas[0].query(
      `SELECT topic FROM ${cluster.database}_all.complete_until`,
    )
    assert.ok(behind.length > 0)
  }
})

test(
  'a block with a quorum is read back on the other replica at once, or that refuses',
  SLOW,
  async (t) => {
    const [{ replicas }] = cluster.shards
    const [one, other] = replicas
    if (other === undefined) return t.skip('NOT TESTED: the first shard has no second replica')
    const block = await blockOf(cluster, 'quorum')
    await insert(one, block)
    const asked = () => other.recordsPresent({ ...QUESTION, identity: [{ name: 'event_id', kind: 'text' }] }) // prettier-ignore
    const found = await asked().catch((error: unknown) => {
      assert.ok(error instanceof ClickHouseFailure && error.failure.code === 289, String(error))
      return eventually(asked)
    })
    assert.equal(found.get(0)?.size, 1)
    return undefined
  },
)

test(
  'of inserts with a quorum at the same time each is done, or refused to be tried again',
  SLOW,
  async () => {
    const [{ replicas }] = cluster.shards
    const blocks = await Promise.all(['q1', 'q2', 'q3', 'q4'].map((id) => blockOf(cluster, id)))
    await Promise.all(
      blocks.map((block, at) =>
        eventually(
          async () => {
            const replica = replicas[at % replicas.length] ?? replicas[0]
            await insert(replica, block).catch((error: unknown) => {
              assert.ok(error instanceof ClickHouseFailure, String(error))
              assert.ok(['retry', 'inDoubt'].includes(classify(error.failure).class), error.message)
              throw error
            })
          },
          { withinMs: 120_000 },
        ),
      ),
    )
    assert.equal(await countRows(replicas[0], "tracked WHERE group_id = 'quorum'"), 5)
  },
)

test('whoever is erased is gone from every replica of every shard', SLOW, async () => {
  const args = ['--user', 'u', '--in-all-accounts', '--yes']
  const done = await runErase(args, { environment: cluster.environment })
  assert.equal(done.code, 0, done.stderr + done.stdout)
  for (const { replicas } of cluster.shards) {
    for (const replica of replicas) {
      assert.equal(await countRows(replica, "events WHERE user_id = 'u'"), 0)
      assert.equal(await countRows(replica, "erasures FINAL WHERE state = 'done'"), 1)
    }
  }
})

const COLUMNS = ['group_id', 'event', 'timestamp', 'event_id', 'user_id', 'set_received_at', 'kafka_partition', 'version'] // prettier-ignore
const TIME_MS = Date.UTC(2024, 2, 5, 10)
const QUESTION = {
  table: 'events',
  generation: 1,
  ranges: [{ partition: 0, from: 0, to: 2 ** 40 }],
  timeColumn: 'received_at',
  time: { minMs: TIME_MS, maxMs: TIME_MS },
}

function insert(clickhouse: ClickHouse, block: Buffer): Promise<void> {
  return clickhouse.insertNative({ table: 'events', columns: COLUMNS, block })
}

/** One row as ClickHouse itself writes it. */
async function blockOf({ shards: [{ replicas }] }: TestCluster, id: string): Promise<Buffer> {
  const time = `fromUnixTimestamp64Milli(${TIME_MS})`
  const chunks: Buffer[] = []
  const sql = `SELECT 'quorum' AS group_id, 'tested' AS event, ${time} AS timestamp, '${id}' AS event_id,
      CAST('q', 'Nullable(String)') AS user_id, ${time} AS set_received_at, toUInt32(0) AS kafka_partition,
      toUInt64(bitShiftLeft(toUInt64(1), 48) + cityHash64('${id}') % 1000) AS version FORMAT Native`
  for await (const chunk of replicas[0].stream({ sql })) chunks.push(chunk)
  return Buffer.concat(chunks)
}
