// Consumers that die and come back under their name, on the real servers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { counts, createWorld, PARTITIONS, type ConsumerProcess, type World } from './world.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const PATIENT = { withinMs: 90_000 }
/** Whatever is done sooner was not done by waiting for it. */
const LONG_SESSION = { KAFKA_SESSION_TIMEOUT_MS: '300000', LOG_LEVEL: 'info' }

const assignments = (consumer: ConsumerProcess): number =>
  consumer.log().split('"partitions assigned"').length - 1

async function produceAndSee(world: World, from: number, count: number): Promise<void> {
  await world.produce(Array.from({ length: count }, (_, index) => world.record(from + index)))
  await eventually(async () => assert.equal((await counts(world)).tracked, from + count), PATIENT)
}

async function ready(consumer: ConsumerProcess): Promise<void> {
  await eventually(async () => assert.deepEqual((await consumer.readiness()).reasons, []), PATIENT)
}

/** Both have partitions of their own, and the group is at rest. */
async function twoConsumers(world: World, first: string, second: string) {
  const a = await world.startConsumer({ ...LONG_SESSION, KAFKA_GROUP_INSTANCE_ID: first })
  await ready(a)
  const b = await world.startConsumer({ ...LONG_SESSION, KAFKA_GROUP_INSTANCE_ID: second })
  await ready(b)
  return [a, b] as const
}

test(
  'one that is killed and started again under its name goes on at once, and the others do not notice',
  { timeout: 240_000 },
  async () => {
    await using world = await createWorld(stack)
    const [a, b] = await twoConsumers(world, 'a', 'b')
    await eventually(
      () => assert.ok(assignments(b) >= 2, 'it has what the other let go of'),
      PATIENT,
    )
    await produceAndSee(world, 0, 200)
    const [ofA, ofB] = [assignments(a), assignments(b)]
    a.kill('SIGKILL')
    await a.exit
    const again = await world.startConsumer({ ...LONG_SESSION, KAFKA_GROUP_INSTANCE_ID: 'a' })
    await produceAndSee(world, 200, 200)
    assert.deepEqual([assignments(again), assignments(b)], [1, ofB], `${ofA} before`)
    assert.equal(await again.metric('custom_events_name_taken'), 0)
    const { physical, offsets } = await counts(world)
    assert.deepEqual([physical, offsets], [400, 400])
  },
)

test(
  'while the group waits for a frozen member, the others read on what is theirs',
  { timeout: 240_000 },
  async () => {
    await using world = await createWorld(stack)
    const [frozen, other] = await twoConsumers(world, 'frozen', 'other')
    await eventually(() => assert.ok(assignments(other) >= 2), PATIENT)
    await produceAndSee(world, 0, 200)
    frozen.kill('SIGSTOP')
    const assignedBefore = assignments(other)
    // A third one joins, and the group waits for the frozen one as long as its session lasts.
    await using third = await world.startConsumer(LONG_SESSION)
    await eventually(
      async () =>
        assert.match((await third.readiness()).reasons.join(), /joining the consumer group/),
      PATIENT,
    )
    const { tracked } = await counts(world)
    await world.produce(Array.from({ length: 200 }, (_, index) => world.record(200 + index)))
    await eventually(async () => assert.ok((await counts(world)).tracked > tracked + 40), PATIENT)
    assert.equal(assignments(other), assignedBefore)
    assert.equal(assignments(third), 0)
    frozen.kill('SIGCONT')
    await eventually(async () => assert.equal((await counts(world)).tracked, 400), PATIENT)
    const { physical, offsets } = await counts(world)
    assert.deepEqual([physical, offsets], [400, 400])
  },
)

test(
  'when all die while partitions go from one to another, those that come back under their names read every one',
  { timeout: 240_000 },
  async () => {
    await using world = await createWorld(stack)
    const [a, b] = ['a', 'b'].map((name) => ({ ...LONG_SESSION, KAFKA_GROUP_INSTANCE_ID: name }))
    const table = `${world.database}.events`
    const owner = await world.startConsumer(a)
    await ready(owner)
    // It cannot let go of what it has in hand.
    await world.clickhouse.command(`RENAME TABLE ${table} TO ${table}_away`)
    await world.produce(Array.from({ length: 100 }, (_, index) => world.record(index)))
    await eventually(async () => {
      assert.ok((await owner.metric('custom_events_memory_budget_used_bytes')) > 0)
    }, PATIENT)
    const newcomer = await world.startConsumer(b)
    await eventually(() => assert.equal(assignments(newcomer), 1), PATIENT)
    for (const each of [owner, newcomer]) {
      assert.equal(assignments(each), 1, "what moves is nobody's yet")
      each.kill('SIGKILL')
      await each.exit
    }
    await world.clickhouse.command(`RENAME TABLE ${table}_away TO ${table}`)
    const again = [await world.startConsumer(a), await world.startConsumer(b)]
    await eventually(async () => assert.equal((await counts(world)).tracked, 100), PATIENT)
    await produceAndSee(world, 100, 100)
    for (const each of again) await ready(each)
  },
)

test(
  'partitions that were added while the only consumer was dead are read once it is back under its name',
  { timeout: 240_000 },
  async () => {
    await using world = await createWorld(stack)
    const named = { ...LONG_SESSION, KAFKA_GROUP_INSTANCE_ID: 'a' }
    const dying = await world.startConsumer(named)
    await ready(dying)
    await produceAndSee(world, 0, 20)
    dying.kill('SIGKILL')
    await dying.exit
    await world.addPartitions(world.topics.tracked, PARTITIONS * 2)
    const again = await world.startConsumer(named)
    await ready(again)
    const added = Array.from({ length: PARTITIONS }, (_, index) => PARTITIONS + index)
    await world.produce(
      added.map((partition, index) => ({ ...world.record(20 + index), partition })),
    )
    await eventually(async () => {
      assert.equal((await counts(world)).tracked, 20 + added.length)
    }, PATIENT)
    await ready(again)
  },
)
