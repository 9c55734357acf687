import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { readSetupConfig } from '@custom-events/cli'
import { kafkaConfigFrom, readGroupOffsets, type OutgoingRecord } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { counts, createWorld, type ConsumerProcess, type World } from './world.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const OUT_OF_RANGE = 'custom_events_partitions_out_of_range'

function records(world: World, from: number, until: number): readonly OutgoingRecord[] {
  return Array.from({ length: until - from }, (_, index) => world.record(from + index))
}

const log = createLogger({ service: 'test', level: 'silent' })

function kafkaOf(world: World) {
  return kafkaConfigFrom(readSetupConfig(world.environment).config)
}

/** As commands ask that wait until something was read. */
async function committedOf(world: World): Promise<number | null | undefined> {
  const consumerGroup = world.environment['KAFKA_CONSUMER_GROUP'] ?? ''
  const topics = [world.topics.tracked]
  const offsets = await readGroupOffsets({ kafka: kafkaOf(world), consumerGroup, topics, log })
  return offsets.find(({ partition }) => partition === 0)?.committed
}

async function outOfRange(consumer: ConsumerProcess, expected: number): Promise<string> {
  await eventually(async () => assert.equal(await consumer.metric(OUT_OF_RANGE), expected))
  return (await consumer.readiness()).reasons.join()
}

void suite('a log that was cut', () => {
  test(
    'a log that ended below the commit stays unread when it has grown beyond it, until a person decides',
    { timeout: 240_000 },
    async () => {
      await using world = await createWorld(stack)
      await world.commit({ topic: world.topics.tracked, partition: 0, offset: 50 })
      const first = await world.startConsumer()
      assert.match(await outOfRange(first, 1), /\/0: 50 is committed, and the log ends at 0/)
      assert.equal(await committedOf(world), null)
      await world.produce(records(world, 0, 2_000))
      assert.equal(await committedOf(world), null)
      const elsewhere = records(world, 0, 2_000).filter(({ partition }) => partition !== 0).length
      assert.ok(elsewhere < 1_900, 'the log of partition 0 is longer than 50 now')
      first.kill('SIGKILL')
      await first.exit

      const second = await world.startConsumer()
      await eventually(async () => assert.equal((await counts(world)).tracked, elsewhere))
      assert.match(await outOfRange(second, 1), /\/0: 50 is committed, .*was found to end at 0/)
      second.kill('SIGTERM')
      await second.exit

      const third = await world.startConsumer({ KAFKA_OUT_OF_RANGE: 'earliest' })
      await eventually(async () => assert.equal((await counts(world)).tracked, 2_000))
      third.kill('SIGTERM')
      await third.exit

      const fourth = await world.startConsumer()
      await eventually(async () => assert.equal((await fourth.readiness()).isReady, true))
      assert.equal(await fourth.metric(OUT_OF_RANGE), 0)
    },
  )
})
