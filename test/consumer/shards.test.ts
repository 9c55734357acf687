// Events spread over two ClickHouses, on real servers: each event is once on the shard of its account, whatever is away or named wrongly.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import { strangersSql } from '../../chaos/shards.ts'
import { startIngest, type IngestProcess } from '../ingest/support.ts'
import { runTopic } from '../kafka/growing.ts'
import { runCli } from '../support/cli-command.ts'
import { eventually } from '../support/eventually.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import { createShardWorld, PARTITIONS, shardOf, SHARDS, type ShardWorld } from './shards-world.ts'
import type { ConsumerProcess } from './world.ts'

const PATIENT = { withinMs: 120_000 }
/** Commands are run as processes, one after the other. */
const TIMEOUT = { timeout: 400_000 }
const ACCOUNTS = Array.from({ length: 12 }, (_, index) => `account_${index}`)
const BOTH = [1, 2]

let stack: Servers
let world: ShardWorld
let ingest: IngestProcess
let consumers: ConsumerProcess[]

before(async () => {
  stack = await servers()
  world = await createShardWorld(stack)
  ingest = await startIngest(world.environment)
  consumers = await Promise.all(BOTH.map((shard) => world.startConsumer(shard)))
  await Promise.all([ingestIsReady(), ...consumers.map(untilReady)])
})
after(async () => {
  await ingest[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

/** Not only as long as `whenReady`: others use the machine. */
async function ingestIsReady(): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${ingest.opsUrl}/health/ready`)
    if (!response.ok) throw new Error(`not ready: ${await response.text()}\n${ingest.output()}`)
  }, PATIENT)
}

async function untilReady(consumer: ConsumerProcess): Promise<void> {
  await eventually(async () => {
    const { isReady, reasons } = await consumer.readiness()
    assert.ok(isReady, `${reasons.join('; ')}\n${consumer.log()}`)
  }, PATIENT)
}

interface Answer {
  readonly accepted: number
  readonly queryable?: boolean
}

async function send(events: readonly object[], query = ''): Promise<Answer> {
  return eventually(async () => {
    const body = JSON.stringify(events)
    const response = await fetch(`${ingest.url}/track${query}`, { method: 'POST', body })
    const text = await response.text()
    assert.ok(response.status < 500, `${response.status} ${text}`) // 400: everything in it was rejected
    return JSON.parse(text) as Answer // ours
  }, PATIENT)
}

const eventOf = (name: string, account: string, change: object = {}) => ({
  event: name,
  event_id: `${name} of ${account}`,
  group_id: account,
  user_id: 'u',
  timestamp: '2026-01-31T09:30:00Z',
  properties: { copy: 1 },
  ...change,
})

interface Row {
  readonly group_id: string
  readonly copy: number
  readonly kafka_partition: number
}

const rowsOf = (shard: number, name: string, table = 'tracked') =>
  world.query<Row>(
    shard,
    `SELECT group_id, toUInt8(JSONExtractInt(properties, 'copy')) AS copy, kafka_partition
     FROM ${table} WHERE event = '${name}' ORDER BY group_id`,
  )

/** Until each of these accounts has this one event, seen in its last copy, on its own shard and on no other. */
async function untilEachIsOnItsShard(name: string, copy: number, accounts = ACCOUNTS) {
  for (const shard of BOTH) {
    const expected = accounts.filter((account) => shardOf(account) === shard).toSorted()
    await eventually(async () => {
      const rows = await rowsOf(shard, name)
      const seen = rows.map((row) => [row.group_id, row.copy])
      assert.deepEqual(seen, expected.map((account) => [account, copy]), `shard ${shard}`) // prettier-ignore
    }, PATIENT)
  }
}

test(
  'every event is once on the shard of its account, with all of its copies',
  TIMEOUT,
  async () => {
    for (const copy of [1, 2, 3]) {
      const events = ACCOUNTS.map((account) => eventOf('spread', account, { properties: { copy } }))
      const { queryable } = await send(events, '?wait=queryable')
      assert.equal(queryable, true, 'each partition was asked of the group of its shard')
    }
    await untilEachIsOnItsShard('spread', 3)
    for (const shard of BOTH) {
      const stored = await rowsOf(shard, 'spread', 'events')
      assert.ok(stored.every((row) => row.kafka_partition % SHARDS === shard - 1))
    }
  },
)

test(
  'ClickHouse hashes accounts as we do, and finds each on its shard by that',
  TIMEOUT,
  async () => {
    const ids = [
      '',
      'a',
      'ab',
      'abc',
      'abcd',
      'Ж',
      '客户',
      '🦊 fox',
      'x'.repeat(1_000),
      ...ACCOUNTS,
    ]
    const [row] = await world.query<{ readonly hashes: readonly number[] }>(
      1,
      `SELECT arrayMap(id -> kafkaMurmurHash(id), [${ids.map((id) => `'${id}'`).join()}]) AS hashes`,
    )
    assert.deepEqual(row?.hashes, ids.map((id) => partitionOf(id, 2 ** 31))) // prettier-ignore
    for (const shard of BOTH) {
      const countOf = async (as: number): Promise<number> => {
        const sql = strangersSql(as, SHARDS).replace('count()', 'toUInt32(count()) AS rows')
        const [found] = await world.query<{ readonly rows: number }>(shard, sql)
        return found?.rows ?? -1
      }
      assert.equal(await countOf(shard), 0)
      assert.ok(
        (await countOf(shard === 1 ? 2 : 1)) > 0,
        'of the other shard all would be strangers',
      )
      const metric = await consumers[shard - 1]?.metric('custom_events_misplaced_records_total')
      assert.equal(metric, 0)
    }
  },
)

test(
  'a shard speaks of its own partitions only: lag, what is complete, what was rejected',
  TIMEOUT,
  async () => {
    const bad = ACCOUNTS.map((account) => eventOf('refused', account, { timestamp: 'yesterday' }))
    await send(bad)
    for (const [index, consumer] of consumers.entries()) {
      const shard = index + 1
      const own = `${world.topics.tracked}: ${[index, index + SHARDS].join()}`
      const partitions = await world.query<{ readonly of: string }>(
        shard,
        `SELECT concat(topic, ': ', arrayStringConcat(arraySort(groupUniqArray(toString(kafka_partition))), ',')) AS of
       FROM settled WHERE topic = '${world.topics.tracked}' GROUP BY topic`,
      )
      assert.deepEqual(partitions, [{ of: own }])
      await eventually(async () => {
        const [complete] = await world.query<{ readonly behind_seconds: number | null }>(
          shard,
          `SELECT behind_seconds FROM complete_until WHERE topic = '${world.topics.tracked}'`,
        )
        const behind = complete?.behind_seconds ?? Infinity
        assert.ok(behind < 15, `behind ${behind} s`)
      }, PATIENT)
      await eventually(
        async () => assert.equal(await consumer.metric('custom_events_lag_records'), 0),
        PATIENT,
      )
      assert.equal(await consumer.metric(`custom_events_shard{shard="${shard}",shards="2"}`), 2)
      const rejected = ACCOUNTS.filter((account) => shardOf(account) === shard)
      await eventually(async () => {
        const rows = await world.query<{ readonly group_id: string }>(
          shard,
          `SELECT group_id FROM rejected_events FINAL WHERE event = 'refused' ORDER BY group_id`,
        )
        assert.deepEqual(rows.map(({ group_id: account }) => account), rejected.toSorted()) // prettier-ignore
      }, PATIENT)
    }
  },
)

test('a replay finds what any shard has refused, once', TIMEOUT, async () => {
  const old = ACCOUNTS.map((account) => eventOf('old', account, { timestamp: '1999-01-01T00:00:00Z' })) // prettier-ignore
  await send(old)
  for (const shard of BOTH) {
    await eventually(async () => {
      const sql = `SELECT 1 FROM rejected_events FINAL WHERE event = 'old'`
      const wanted = ACCOUNTS.filter((account) => shardOf(account) === shard).length
      assert.equal((await world.query(shard, sql)).length, wanted)
    }, PATIENT)
  }
  const environment = {
    ...world.environment,
    AUTH_MODE: 'off',
    EVENT_EARLIEST_TIMESTAMP: '1990-01-01T00:00:00Z',
  }
  const args = ['replay', '--from', 'rejected', '--code', 'timestamp_out_of_range']
  const first = await runCli(args, { environment })
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, new RegExp(`^${ACCOUNTS.length} rejected events replayed`, 'm'))
  await untilEachIsOnItsShard('old', 1)
  await eventually(async () => {
    const again = await runCli(args, { environment })
    const ended = `${ACCOUNTS.length} rejected events more were ended by earlier replays`
    assert.match(again.stdout, new RegExp(`^${ended}`, 'm'), again.stdout + again.stderr)
  }, PATIENT)
})

test('while a shard is away its events wait in Kafka, and the others go on', TIMEOUT, async () => {
  const [, second] = world.servers
  assert.ok(second !== undefined)
  await second.stop()
  const events = ACCOUNTS.map((account) => eventOf('away', account))
  assert.equal((await send(events)).accepted, ACCOUNTS.length)
  const here = ACCOUNTS.filter((account) => shardOf(account) === 1)
  await eventually(async () => assert.equal((await rowsOf(1, 'away')).length, here.length), PATIENT)
  const onOne = await send([eventOf('waited for', here[0] ?? '')], '?wait=queryable')
  assert.equal(onOne.queryable, true)
  await eventually(async () => {
    const { isReady, reasons } = (await consumers[1]?.readiness()) ?? { isReady: true, reasons: [] }
    assert.equal(isReady, false)
    assert.match(reasons.join('\n'), /^shard 2 of 2: retrying/m)
  }, PATIENT)
  assert.equal((await consumers[0]?.readiness())?.isReady, true)
  await second.restart()
  await untilEachIsOnItsShard('away', 1)
  for (const shard of BOTH) {
    const [row] = await world.query<{ readonly same: number }>(
      shard,
      `SELECT toUInt8(count() = uniqExact(version, kafka_partition)) AS same FROM events WHERE event = 'away'`,
    )
    assert.equal(row?.same, 1, 'nothing was inserted twice')
  }
})

test(
  'shards that are named in the wrong order are told, and nothing is inserted',
  TIMEOUT,
  async () => {
    for (const consumer of consumers) consumer.kill('SIGTERM')
    await Promise.all(consumers.map(({ exit }) => exit))
    await send(ACCOUNTS.map((account) => eventOf('swapped', account)))
    const CLICKHOUSE_SHARD_URLS = world.servers.map(({ url }) => url).toReversed().join() // prettier-ignore
    const swapped = await Promise.all(
      BOTH.map((shard) => world.startConsumer(shard, { CLICKHOUSE_SHARD_URLS })),
    )
    for (const [index, consumer] of swapped.entries()) {
      const [named, says] = [index + 1, 2 - index]
      await eventually(async () => {
        const { isReady, reasons } = await consumer.readiness()
        assert.equal(isReady, false)
        const told = `as shard ${named} of 2, it says that it is shard ${says} of 2: give them in the order of the first setup`
        assert.match(reasons.join('\n'), new RegExp(`halted \\(wrong_shard\\): .*${told}`))
      }, PATIENT)
    }
    const setup = await runCli(['setup'], {
      environment: { ...world.environment, CLICKHOUSE_SHARD_URLS },
    })
    assert.notEqual(setup.code, 0, setup.stdout)
    assert.match(setup.stderr, /it says that it is shard/)
    for (const shard of BOTH) assert.deepEqual(await rowsOf(shard, 'swapped', 'events'), [])
    for (const consumer of swapped) await consumer[Symbol.asyncDispose]()
    consumers = await Promise.all(BOTH.map((shard) => world.startConsumer(shard)))
    await untilEachIsOnItsShard('swapped', 1)
  },
)

test('programs that count the shards wrongly do not start', TIMEOUT, async () => {
  for (const change of [{ KAFKA_PARTITIONS: '5' }, { CLICKHOUSE_SHARDS: '3' }]) {
    await using wrong = await startIngest({ ...world.environment, ...change })
    assert.equal(await wrong.exited, 78, wrong.output())
  }
  const none = await world.startConsumer(1, { CLICKHOUSE_SHARD: '' })
  assert.equal((await none.exit).code, 78)
  assert.match(none.log(), /CLICKHOUSE_SHARD is not set; expected required: from 1 to 2/)
})

test('a topic that grows moves no account to another shard', TIMEOUT, async () => {
  const { environment } = world
  await send(ACCOUNTS.map((account) => eventOf('grown', account)))
  const odd = await runTopic(['grow', '--partitions', '7', '--yes'], { environment })
  assert.equal(odd.code, 1)
  assert.match(odd.output, /7 is no multiple of CLICKHOUSE_SHARDS \(2\)/)
  const grown = await runTopic(['grow', '--partitions', String(2 * PARTITIONS), '--yes'], {
    environment,
  })
  assert.equal(grown.code, 0, grown.output)
  await eventually(async () => {
    const events = ACCOUNTS.map((account) => eventOf('grown', account, { properties: { copy: 2 } }))
    await send(events, '?wait=queryable')
    const rows = (await Promise.all(BOTH.map((shard) => rowsOf(shard, 'grown')))).flat()
    assert.ok(
      rows.some((row) => row.kafka_partition >= PARTITIONS),
      'the next generation has rows',
    )
  }, PATIENT)
  await untilEachIsOnItsShard('grown', 2)
  const { queryable } = await send(ACCOUNTS.map((account) => eventOf('after', account)), '?wait=queryable') // prettier-ignore
  assert.equal(queryable, true)
})
