// The view complete_until never says more than what can be queried; the truth is computed from what was acknowledged.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createOperator } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { kafkaAt } from '../ingest/support.ts'
import { eventually } from '../support/eventually.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import { counts, createWorld, PARTITIONS, type ConsumerProcess, type World } from './world.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const WITHIN = { withinMs: 40_000 }
const PACE_MS = 50
/** Records wait so long for their insert that a view which vouches too early is caught. */
const SLOW = { BATCH_MAX_AGE_MS: '2500' }

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

interface Row {
  readonly until: string | null
  readonly partitions: string
  readonly waiting_for: readonly number[]
  readonly lost_before: Readonly<Record<string, string>>
}

/** What the view says of the topic of accepted events. */
async function completeUntil({ clickhouse, topics }: World) {
  const [row] = await clickhouse.query<Row>(
    `SELECT toUnixTimestamp64Milli(complete_until) AS until, partitions, waiting_for, lost_before
     FROM complete_until WHERE topic = {topic:String} ORDER BY generation DESC LIMIT 1`,
    { topic: topics.tracked },
  )
  assert.ok(row !== undefined, 'the topic is not registered')
  const untilMs = row.until === null ? null : Number(row.until)
  return { ...row, untilMs }
}

async function nowOf({ clickhouse }: World): Promise<number> {
  const [row] = await clickhouse.query<{ readonly ms: string }>(
    'SELECT toUnixTimestamp64Milli(now64(3)) AS ms',
  )
  return Number(row?.ms)
}

/** Ends when the view says a moment that is later than now. */
async function becomesComplete(world: World): Promise<void> {
  const now = await nowOf(world)
  await eventually(async () => {
    const { untilMs } = await completeUntil(world)
    assert.ok(untilMs !== null && untilMs > now, `complete until ${untilMs}, not ${now}`)
  }, WITHIN)
}

/** Produces in turns until stopped; of each record, when it was acknowledged at the latest. */
function keepProducing(world: World, stop: AbortSignal) {
  const acknowledged: { readonly id: string; readonly atMs: number }[] = []
  let index = 0
  const run = async (): Promise<void> => {
    while (!stop.aborted) {
      const indices = Array.from({ length: 7 }, () => index++)
      const records = indices.map((each) => world.record(each))
      const isKept = await world.produce(records).then(
        () => true,
        () => false, // not acknowledged: nobody vouches for them
      )
      const atMs = await nowOf(world) // it was acknowledged before
      if (isKept) acknowledged.push(...indices.map((each) => ({ id: `event-${each}`, atMs })))
      await delay(PACE_MS, null, { signal: stop }).catch(() => {})
    }
  }
  return { acknowledged, running: run() }
}

/** Every record acknowledged before the moment that the view says must be a row by then. */
async function mustHold(
  world: World,
  acknowledged: readonly { readonly id: string; readonly atMs: number }[],
): Promise<number | null> {
  const sent = [...acknowledged]
  const { untilMs } = await completeUntil(world)
  const rows = await world.clickhouse.query<{ readonly event_id: string }>(
    'SELECT DISTINCT event_id FROM events',
  )
  const present = new Set(rows.map((row) => row.event_id))
  const missing = sent.filter(({ id, atMs }) => atMs < (untilMs ?? 0) && !present.has(id))
  assert.deepEqual(missing, [], `not there, though complete until ${untilMs}`)
  return untilMs
}

/** They wait for most of their time, each in a world of its own. */
const SIDE_BY_SIDE = { concurrency: 3 }

describe('complete_until', SIDE_BY_SIDE, () => {
  test('the view holds while consumers come, are frozen and killed, and catches up each time', async (t) => {
    await using world = await createWorld(stack)
    const stop = new AbortController()
    t.after(() => stop.abort())
    const { acknowledged, running } = keepProducing(world, stop.signal)
    const told = new Set<number | null>()
    const hold = async (ms: number): Promise<void> => {
      const endAt = performance.now() + ms
      while (performance.now() < endAt) {
        told.add(await mustHold(world, acknowledged))
        await delay(PACE_MS)
      }
    }

    await hold(500)
    assert.deepEqual([...told], [null]) // nobody has read anything
    const first = await world.startConsumer(SLOW)
    await eventually(
      async () => assert.notEqual((await completeUntil(world)).untilMs, null),
      WITHIN,
    )
    await hold(6_000)
    const second = await world.startConsumer({ ...SLOW, FAILPOINT: 'after_insert' })
    await hold(4_000)
    first.kill('SIGSTOP') // past its session: a zombie when it goes on
    await hold(9_000)
    const third = await world.startConsumer(SLOW)
    first.kill('SIGCONT')
    await hold(4_000)
    await second[Symbol.asyncDispose]()
    await hold(2_000)
    await eventually(async () => {
      told.add(await mustHold(world, acknowledged))
      assert.ok(told.size >= 5, `it moved ${told.size} times`)
    }, WITHIN)
    stop.abort()
    await running
    await becomesComplete(world)
    await mustHold(world, acknowledged)
    await third[Symbol.asyncDispose]()
  })

  test('an idle pipeline becomes complete; without a consumer it stands still and says which partitions', async () => {
    await using world = await createWorld(stack)
    const consumer = await world.startConsumer()
    await becomesComplete(world)
    const { waiting_for: waitingFor, partitions } = await completeUntil(world)
    assert.deepEqual([waitingFor, Number(partitions)], [[], PARTITIONS])
    await becomesComplete(world) // nobody sends, and it goes on
    await consumer[Symbol.asyncDispose]()

    await world.produce([world.record(1)])
    const { untilMs } = await completeUntil(world)
    await delay(32_000)
    const still = await completeUntil(world)
    assert.equal(still.untilMs, untilMs)
    assert.deepEqual(still.waiting_for, [0, 1, 2, 3])
  })

  test('partitions that were added and that nobody reads yet hold it; a topic made anew begins at nothing', async () => {
    await using world = await createWorld(stack)
    const operator = createOperator(kafkaAt(stack.environment.KAFKA_BROKERS), log)
    await using _ = await world.startConsumer()
    await becomesComplete(world)
    await operator.addPartitions(world.topics.tracked, PARTITIONS + 2)
    await eventually(async () => {
      assert.equal(Number((await completeUntil(world)).partitions), PARTITIONS + 2)
    }, WITHIN)
    await becomesComplete(world)

    await world.produce([world.record(1), world.record(2)])
    await becomesComplete(world)
    await operator.deleteTopic(world.topics.tracked)
    // It may say so while the old one is still being deleted, or that it is there already.
    const makeAnew = () => operator.createTopic(world.topics.tracked, PARTITIONS).catch(() => {})
    const madeAnewMs = await nowOf(world)
    await eventually(async () => {
      const generations = await world.clickhouse.query(
        'SELECT DISTINCT generation FROM settled WHERE topic = {topic:String}',
        { topic: world.topics.tracked },
      )
      if (generations.length < 2) await makeAnew()
      assert.equal(generations.length, 2)
    }, WITHIN)
    await becomesComplete(world)
    const { untilMs } = await completeUntil(world)
    assert.ok(untilMs !== null && untilMs > madeAnewMs)
  })

  test('what lies in a partition that was just added is not vouched for before it is a row', async (t) => {
    await using world = await createWorld(stack)
    const operator = createOperator(kafkaAt(stack.environment.KAFKA_BROKERS), log)
    await using _ = await world.startConsumer()
    await becomesComplete(world)
    const stop = new AbortController()
    t.after(() => stop.abort())
    const { acknowledged, running } = keepProducing(world, stop.signal) // so that it looks every second
    await operator.addPartitions(world.topics.tracked, PARTITIONS + 1)
    const { key, value } = world.record(1, { event_id: 'in-the-new-one' })
    await eventually(() =>
      operator.produce(world.topics.tracked, [{ partition: PARTITIONS, key, value }]),
    )
    const atMs = await nowOf(world)
    acknowledged.push({ id: 'in-the-new-one', atMs })
    await eventually(async () => {
      const untilMs = await mustHold(world, acknowledged)
      assert.ok(untilMs !== null && untilMs > atMs, `complete until ${untilMs}, not ${atMs}`)
    }, WITHIN)
    stop.abort()
    await running
  })

  for (const isCommitted of [true, false]) {
    const when = isCommitted ? 'were to be read' : 'nobody had begun to read'
    test(`records are told that were deleted before anyone read them: those that ${when}`, async () => {
      await using world = await createWorld(stack)
      const operator = createOperator(kafkaAt(stack.environment.KAFKA_BROKERS), log)
      const records = Array.from({ length: 40 }, (_, index) => world.record(index))
      const { partition = 0 } = records[0] ?? {}
      await world.produce(records)
      const begin = { topic: world.topics.tracked, partition, offset: 0 }
      if (isCommitted) await world.commit(begin)
      await operator.deleteRecords(world.topics.tracked, new Map([[partition, 3]]))
      await using _ = await world.startConsumer({ KAFKA_OUT_OF_RANGE: 'earliest' })
      await becomesComplete(world)
      await eventually(async () => {
        const { lost_before: lostBefore } = await completeUntil(world)
        assert.deepEqual(lostBefore, { [partition]: '3' })
      }, WITHIN)
    })
  }

  test('what was lost is told though the consumer that met it died before its first row', async () => {
    await using world = await createWorld(stack)
    const operator = createOperator(kafkaAt(stack.environment.KAFKA_BROKERS), log)
    const records = Array.from({ length: 40 }, (_, index) => world.record(index))
    const { partition = 0 } = records[0] ?? {}
    await world.produce(records)
    await operator.deleteRecords(world.topics.tracked, new Map([[partition, 3]]))
    await world.clickhouse.command('RENAME TABLE settled TO settled_away')
    const first = await world.startConsumer()
    await eventually(async () => {
      assert.equal((await counts(world)).physical, records.length - 3)
      assert.equal(await first.metric('custom_events_commits_total{outcome="committed"}'), 1)
    }, WITHIN)
    first.kill('SIGKILL')
    await first.exit
    await world.clickhouse.command('RENAME TABLE settled_away TO settled')
    await using _ = await world.startConsumer()
    await becomesComplete(world)
    const { lost_before: lostBefore } = await completeUntil(world)
    assert.deepEqual(lostBefore, { [partition]: '3' })
  })

  test('what is last in a partition may be no record at all: an aborted transaction holds nothing up', async () => {
    await using world = await createWorld(stack)
    const operator = createOperator(kafkaAt(stack.environment.KAFKA_BROKERS), log)
    await using _ = await world.startConsumer()
    await becomesComplete(world)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = [{ partition, key: 'k', value: 'never to be read' }]
      await operator.produce(world.topics.tracked, records, { transaction: 'abort' })
    }
    await becomesComplete(world)
  })

  test('a moment that is later than now is not told; the table may be emptied at any time', async () => {
    await using world = await createWorld(stack)
    await using _ = await world.startConsumer()
    await becomesComplete(world)
    await world.clickhouse.command(
      `INSERT INTO settled (topic, generation, kafka_partition, complete_until)
       SELECT topic, generation, 0, now64(3) + INTERVAL 1 DAY FROM complete_until WHERE topic = {topic:String}`,
      { topic: world.topics.tracked },
    )
    assert.equal((await completeUntil(world)).untilMs, null)
    await world.clickhouse.command('TRUNCATE TABLE settled')
    await becomesComplete(world)
  })

  test('of an emptied table nothing is told before every partition is known, however many consumers write it', async () => {
    await using world = await createWorld(stack)
    await using first = await world.startConsumer()
    await using second = await world.startConsumer()
    const looksOf = (consumer: ConsumerProcess): Promise<number> =>
      consumer.metric('custom_events_complete_until_records_total').catch(() => 0) // not up yet
    const looksMore = async (consumer: ConsumerProcess): Promise<void> => {
      const looks = await looksOf(consumer)
      await eventually(async () => assert.ok((await looksOf(consumer)) >= looks + 2), WITHIN)
    }
    await looksMore(second) // it has joined
    await looksMore(first) // not the first look of an assignment
    second.kill('SIGSTOP')
    await world.clickhouse.command('TRUNCATE TABLE settled')
    const known = async (): Promise<number> => Number((await completeUntil(world)).partitions)
    await eventually(async () => assert.ok((await known()) > 0), WITHIN)
    assert.equal(await known(), PARTITIONS)
    second.kill('SIGCONT')
  })

  test('where nothing can be recorded, events go on and the metric tells', async () => {
    await using world = await createWorld(stack)
    await world.clickhouse.command('DROP TABLE settled')
    await using consumer = await world.startConsumer()
    await world.produce(Array.from({ length: 20 }, (_, index) => world.record(index)))
    await eventually(async () => {
      const [row] = await world.clickhouse.query<{ readonly n: string }>(
        'SELECT count() AS n FROM tracked',
      )
      assert.equal(Number(row?.n), 20)
    }, WITHIN)
    const looks = (outcome: string): Promise<number> =>
      consumer.metric(`custom_events_complete_until_records_total{outcome="${outcome}"}`)
    await eventually(async () => assert.ok((await looks('failed')) > 0), WITHIN)
    assert.equal(await looks('recorded'), 0)
    assert.equal((await consumer.readiness()).isReady, true)
  })
})
