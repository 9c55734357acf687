import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  countKeys,
  createClickHouse,
  deleteMarked,
  keysDatabase,
  migrate,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { erasedIdOf } from '@custom-events/event'
import { createLogger } from '@custom-events/runtime'
import { destroyKeys } from '../../cli/src/destroy-keys/destroy-keys.ts'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const keyId = (number: number): string => `p${String(number).padStart(22, '0')}`

test(
  'only marked keys are deleted, also such as come meanwhile, and nothing keeps the id of the person',
  { timeout: 120_000 },
  async () => {
    await using resources = new AsyncDisposableStack()
    const { clickhouse, events } = await keysOf(resources)
    const insert = (number: number, user: string): Promise<void> =>
      clickhouse.command(
        `INSERT INTO seal_keys (key_id, group_id, user_id, key, made_at, kafka_partition, version)
         VALUES ('${keyId(number)}', 'acme', '${user}', '${'k'.repeat(32)}', now64(3), 0, ${number})`,
      )
    await insert(1, 'ann-canary')
    await insert(2, 'bob')
    await insert(3, 'carl') // destroyed before, and back from a consumer that was frozen meanwhile
    await clickhouse.command(`INSERT INTO destroyed_keys (key_id) VALUES ('${keyId(3)}')`)
    let isFirst = true
    const between: Pick<ClickHouse, 'query' | 'command' | 'database'> = {
      query: (...args) => clickhouse.query(...args),
      database: clickhouse.database,
      command: async (sql, ...rest) => {
        if (/ALTER TABLE seal_keys\s+DELETE/.test(sql) && isFirst) {
          isFirst = false
          await insert(4, 'ann-canary')
        }
        return clickhouse.command(sql, ...rest)
      },
    }
    await destroyKeys(
      {
        shards: [{ clickhouse: between }],
        onCluster: '',
        stop: new AbortController().signal,
        closeSegments: async () => ({ ends: new Map(), openBecause: null }),
        caughtUp: async () => {},
        deleteRecordsBefore: async () => {},
      },
      erasedIdOf('user', 'ann-canary'),
    )
    assert.equal(isFirst, false)
    const idsIn = async (table: string): Promise<readonly string[]> => {
      const rows = await clickhouse.query<{ key_id: string }>(
        `SELECT DISTINCT key_id FROM ${table} ORDER BY key_id`,
      )
      return rows.map(({ key_id }) => key_id)
    }
    assert.deepEqual(await idsIn('seal_keys'), [keyId(2)])
    assert.deepEqual(await idsIn('destroyed_keys'), [keyId(1), keyId(3), keyId(4)])
    const mutations = await events.query<{ command: string }>(
      'SELECT command FROM system.mutations WHERE database = {database:String}',
      { database: clickhouse.database },
    )
    assert.ok(mutations.length > 0)
    assert.doesNotMatch(JSON.stringify(mutations), /canary/)
  },
)

test(
  'what another run deletes meanwhile of the keys that were marked is counted as destroyed, over all shards',
  { timeout: 120_000 },
  async () => {
    await using resources = new AsyncDisposableStack()
    const shards = [await keysOf(resources), await keysOf(resources)] as const
    const insert = (shard: 0 | 1, number: number): Promise<void> =>
      shards[shard].clickhouse.command(
        `INSERT INTO seal_keys (key_id, group_id, user_id, key, made_at, kafka_partition, version)
         VALUES ('${keyId(number)}', 'acme', 'ann', '${'k'.repeat(32)}', now64(3), 0, ${number})`,
      )
    await insert(0, 1) // of the other shard a killed run has deleted it
    await insert(1, 2)
    const destroy = (caughtUp: () => Promise<void>) =>
      destroyKeys(
        {
          shards,
          onCluster: '',
          stop: new AbortController().signal,
          closeSegments: async () => ({ ends: new Map(), openBecause: null }),
          caughtUp,
          deleteRecordsBefore: async () => {},
        },
        erasedIdOf('user', 'ann'),
      )
    const { keys } = await destroy(async () => {
      // What any other run does, of whomever: it deletes whatever is marked.
      for (const { clickhouse } of shards) await deleteMarked(clickhouse, '')
      for (const shard of [0, 1] as const) await insert(shard, 3) // and a consumer inserts one more
    })
    assert.equal(keys, 3)
    for (const { clickhouse } of shards) {
      assert.equal(await countKeys(clickhouse, erasedIdOf('user', 'ann')), 0)
    }
    const again = await destroy(async () => {})
    assert.equal(again.keys, 0)
  },
)

async function keysOf(resources: AsyncDisposableStack) {
  const server = resources.use(await servers())
  const events = resources.use(ownDatabase(server, 'destroyed'))
  await migrate({ clickhouse: events, log })
  const CLICKHOUSE_DATABASE = keysDatabase(events.database)
  const clickhouse = resources.use(createClickHouse({ ...server.environment, CLICKHOUSE_DATABASE }))
  return { events, clickhouse }
}
