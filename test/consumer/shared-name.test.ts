// Two processes under one name, on the real servers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import { counts, createWorld, type ConsumerProcess } from './world.ts'

/** Whatever is done sooner was not done by waiting for it. */
const LONG_SESSION = { KAFKA_SESSION_TIMEOUT_MS: '300000', LOG_LEVEL: 'info' }
const PATIENT = { withinMs: 90_000 }

const assignments = (consumer: ConsumerProcess): number =>
  consumer.log().split('"partitions assigned"').length - 1

async function ready(consumer: ConsumerProcess): Promise<void> {
  await eventually(async () => assert.deepEqual((await consumer.readiness()).reasons, []), PATIENT)
}

test(
  'a name that two have: the one before gives up what it has in hand, says so once, and goes on without',
  { timeout: 240_000 },
  async () => {
    await using stack = await servers()
    await using world = await createWorld(stack)
    const named = { ...LONG_SESSION, KAFKA_GROUP_INSTANCE_ID: 'same' }
    // It has in hand what it has read, until somebody ends its assignment.
    const first = await world.startConsumer({ ...named, BATCH_MAX_AGE_MS: '30000' })
    await ready(first)
    await world.produce(Array.from({ length: 100 }, (_, index) => world.record(index)))
    await eventually(async () => {
      assert.ok((await first.metric('custom_events_memory_budget_used_bytes')) > 0)
    }, PATIENT)
    assert.equal((await counts(world)).physical, 0, 'all is in hand')
    const second = await world.startConsumer(named)
    await eventually(async () => assert.equal((await counts(world)).tracked, 100), PATIENT)
    await eventually(async () => {
      assert.equal(await first.metric('custom_events_name_taken'), 1)
      assert.equal(await second.metric('custom_events_name_taken'), 0)
    }, PATIENT)
    await ready(first)
    await eventually(() => assert.ok(assignments(first) >= 2, 'it is a member again'), PATIENT)
    assert.ok((await first.metric('custom_events_batches_abandoned_total')) >= 1)
    assert.deepEqual((await counts(world)).physical, 100, 'nothing of it was inserted twice')
    const toldBy = (each: ConsumerProcess): number =>
      each.log().split('FENCED_INSTANCE_ID').length - 1
    assert.deepEqual([toldBy(first), toldBy(second)], [1, 0])
    await ready(second)
    assert.equal((await counts(world)).physical, 100)
  },
)
