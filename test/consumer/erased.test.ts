// What a consumer does with records of somebody who is erased, on the real servers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readSetupConfig } from '@custom-events/cli'
import { createOperator, kafkaConfigFrom } from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { keepPartsBriefly, QUICK_ERASURES, receiptIn, runErase } from '../support/erase-command.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { createWorld, type World } from './world.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const PATIENT = { withinMs: 60_000 }
const GONE = 'user_gone'

/** Every second event is of somebody who is going to be erased. */
function records(world: World, from: number, count: number) {
  return Array.from({ length: count }, (_, index) =>
    world.record(from + index, { user_id: index % 2 === 0 ? GONE : 'user_here' }),
  )
}

async function rowsOf(world: World, user: string): Promise<number> {
  const [row] = await world.clickhouse.query<{ n: string }>(
    'SELECT count() AS n FROM events WHERE user_id = {user:String}',
    { user },
  )
  return Number(row?.n)
}

test(
  'a consumer that was stopped before an erasure, and goes on after it was done, brings nothing back',
  { timeout: 240_000 },
  async () => {
    await using world = await createWorld(stack, QUICK_ERASURES)
    // It holds what it has fetched for long enough to be stopped with it.
    await using consumer = await world.startConsumer({
      BATCH_MAX_AGE_MS: '4000',
      KAFKA_SESSION_TIMEOUT_MS: '300000',
    })
    await eventually(async () => assert.ok((await consumer.readiness()).isReady), PATIENT)
    await world.produce(records(world, 0, 100))
    await eventually(async () => {
      assert.ok((await consumer.metric('custom_events_memory_budget_used_bytes')) > 0)
    }, PATIENT)
    consumer.kill('SIGSTOP')
    assert.equal(await rowsOf(world, GONE), 0, 'stopped with everything in hand')
    await keepPartsBriefly((sql) => world.clickhouse.command(sql))

    const { environment } = world
    const erased = await runErase(['--user', GONE, '--yes'], { environment })
    assert.equal(erased.code, 0, erased.stderr + erased.stdout)
    assert.deepEqual(receiptIn(erased)['found'], {}, 'there was nothing yet')

    consumer.kill('SIGCONT')
    await eventually(async () => assert.equal(await rowsOf(world, 'user_here'), 50), PATIENT)
    assert.equal(await rowsOf(world, GONE), 0)
    await eventually(async () => {
      assert.equal(await consumer.metric('custom_events_erased_records_total'), 50)
      assert.equal(await consumer.metric('custom_events_consumed_records_total'), 100)
    }, PATIENT)
  },
)

test(
  'a record of erasures that cannot be read halts the consumer and says so, until it is taken away',
  { timeout: 120_000 },
  async () => {
    await using world = await createWorld(stack, QUICK_ERASURES)
    await using consumer = await world.startConsumer()
    const topic = world.topics.tracked.replace('tracked', 'erased')
    await world.produceTo(topic, { key: 'user:nonsense', value: 'no JSON' })
    await eventually(async () => {
      const { isReady, reasons } = await consumer.readiness()
      assert.equal(isReady, false)
      assert.match(
        reasons.join(),
        /0@\d+: its value is no JSON object: "no JSON".*--discard-unreadable/,
      )
    }, PATIENT)
    await world.produce(records(world, 0, 10))
    const { environment } = world
    const discarded = await runErase(['--discard-unreadable', '--yes'], { environment })
    assert.match(discarded.stdout, /1 record taken away that could not be read/, discarded.stderr)
    await eventually(async () => {
      assert.equal(await rowsOf(world, GONE), 5)
      assert.ok((await consumer.readiness()).isReady)
    }, PATIENT)
  },
)

test(
  'with a topic of erasures that was lost and made empty nothing is inserted before setup has filled it',
  { timeout: 240_000 },
  async () => {
    await using world = await createWorld(stack, QUICK_ERASURES)
    const { environment } = world
    await keepPartsBriefly((sql) => world.clickhouse.command(sql))
    const erased = await runErase(['--user', GONE, '--yes'], { environment })
    assert.equal(erased.code, 0, erased.stderr + erased.stdout)
    const { config, log } = readSetupConfig({ ...environment, LOG_LEVEL: 'error' })
    const operator = createOperator(kafkaConfigFrom(config), log)
    const topic = world.topics.tracked.replace('tracked', 'erased')
    await operator.deleteTopic(topic)
    // Setup was killed here: the topic is there, and says nothing.
    await eventually(() => operator.createTopic(topic, 1, { 'cleanup.policy': 'compact' }), PATIENT)

    await using consumer = await world.startConsumer()
    await world.produce(records(world, 0, 10))
    await eventually(async () => {
      const { isReady, reasons } = await consumer.readiness()
      assert.equal(isReady, false)
      assert.match(reasons.join(), /does not say that it is complete/)
    }, PATIENT)
    assert.equal(await rowsOf(world, 'user_here'), 0)
    await world.setUp()
    await eventually(async () => assert.equal(await rowsOf(world, 'user_here'), 5), PATIENT)
    assert.equal(await rowsOf(world, GONE), 0)
  },
)
