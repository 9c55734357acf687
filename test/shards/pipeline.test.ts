// Accounts spread over two ClickHouses: each is on one, and when one is away the other goes on.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import {
  clickhouseHeaders,
  freePort,
  startClickHouse,
  type OwnClickHouse,
} from '@custom-events/embedded'
import { shardOfPartition } from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'
import { servers } from '../support/servers.ts'

const PARTITIONS = 12
const SHARDS = 2
const CREDENTIALS = { user: 'default', password: 'of both shards' }
const shardOf = (group: string): number => shardOfPartition(partitionOf(group, PARTITIONS), SHARDS)

const resources = new AsyncDisposableStack()
const engines: OwnClickHouse[] = []
const consumerPorts: number[] = []
let pipeline: TestPipeline
let database = ''

before(async () => {
  const shared = resources.use(await servers())
  for (let shard = 1; shard <= SHARDS; shard++) {
    engines.push(resources.use(await startClickHouse({ credentials: CREDENTIALS })))
    consumerPorts.push(await freePort())
  }
  const urls = engines.map(({ url }) => url)
  const [consumerOps = 0, other = 0] = consumerPorts
  pipeline = resources.use(
    await startTestPipeline({
      servers: {
        ...shared.environment,
        CLICKHOUSE_URL: urls[0] ?? '',
        CLICKHOUSE_USER: CREDENTIALS.user,
        CLICKHOUSE_PASSWORD: CREDENTIALS.password,
        CLICKHOUSE_SHARD_URLS: urls.join(','),
        CLICKHOUSE_SHARDS: String(SHARDS),
      },
      environment: { BATCH_MAX_AGE_MS: '200' },
      ports: {
        ingest: await freePort(),
        ingestOps: await freePort(),
        consumerOps,
        otherShards: [{ consumerOps: other }],
      },
    }),
  )
  database = pipeline.environment['CLICKHOUSE_DATABASE'] ?? ''
})
after(() => resources.disposeAsync())

async function ask(shard: number, sql: string): Promise<readonly string[]> {
  const response = await fetch(`${engines[shard - 1]?.url}/?database=${database}`, {
    method: 'POST',
    headers: clickhouseHeaders({
      CLICKHOUSE_USER: CREDENTIALS.user,
      CLICKHOUSE_PASSWORD: CREDENTIALS.password,
    }),
    body: sql,
  })
  const text = await response.text()
  assert.ok(response.ok, text)
  return text.split('\n').filter(Boolean)
}

const groupsOn = (shard: number, event: string): Promise<readonly string[]> =>
  ask(shard, `SELECT group_id FROM tracked WHERE event = '${event}' ORDER BY group_id`)

async function send(event: string, groups: readonly string[]): Promise<void> {
  const events = groups.map((group_id) => ({ event, group_id, user_id: 'u' }))
  const response = await pipeline.post('/track', JSON.stringify(events))
  assert.equal(response.status, 200, await response.text())
}

/** So many accounts, of a name; some on either shard. */
const accounts = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => `${name} ${number}`)

const of = (shard: number, groups: readonly string[]): readonly string[] =>
  groups.filter((group) => shardOf(group) === shard).toSorted()

async function readiness(
  port: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`)
  return { status: response.status, text: await response.text() }
}

test('every account is on the shard that owns its partition, and on no other', async () => {
  const groups = accounts('spread', 100)
  await send('spread', groups)
  assert.ok(of(1, groups).length > 20 && of(2, groups).length > 20)
  await eventually(async () => {
    assert.deepEqual(await groupsOn(1, 'spread'), of(1, groups))
    assert.deepEqual(await groupsOn(2, 'spread'), of(2, groups))
  })
  for (const shard of [1, 2]) {
    assert.deepEqual(await ask(shard, `SELECT shard, shards FROM shard`), [`${shard}\t${SHARDS}`])
  }
})

test('an event that was accepted can be queried by ?wait=queryable, whichever shard it goes to', async () => {
  for (const group of accounts('waited', 6)) {
    const body = JSON.stringify({ event: 'waited', group_id: group, user_id: 'u' })
    const response = await pipeline.post('/track?wait=queryable', body)
    assert.equal(response.status, 200)
    const { queryable } = (await response.json()) as { readonly queryable: unknown }
    assert.equal(queryable, true)
    assert.ok((await groupsOn(shardOf(group), 'waited')).includes(group))
  }
})

test('while one shard is away the accounts of the other are queryable, and its own wait, unharmed', async () => {
  const [, second] = engines
  const [ofFirst = 0, ofSecond = 0] = consumerPorts
  second?.kill('SIGKILL')
  const groups = accounts('away', 60)
  await send('away', groups)
  await eventually(async () => assert.deepEqual(await groupsOn(1, 'away'), of(1, groups)))
  await eventually(async () => assert.equal((await readiness(ofSecond)).status, 503))
  assert.equal((await readiness(ofFirst)).status, 200, 'it knows nothing of the other')
  await send('still', groups)
  await eventually(async () => assert.deepEqual(await groupsOn(1, 'still'), of(1, groups)))

  await second?.restart()
  for (const event of ['away', 'still']) {
    await eventually(async () => assert.deepEqual(await groupsOn(2, event), of(2, groups)), {
      withinMs: 60_000,
    })
    assert.deepEqual(await groupsOn(1, event), of(1, groups), 'nothing of it went to the first')
  }
  await eventually(async () => assert.equal((await readiness(ofSecond)).status, 200))
})
