// A member of an earlier release in the group, as kafkajs joins: it is counted and told of once, and the topic does not grow meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSetupConfig } from '@custom-events/cli'
import { createOperator, kafkaConfigFrom } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { createWorld } from '../consumer/world.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import { QUICK_LEASE, runTopic } from './growing.ts'

const PATIENT = { withinMs: 120_000 }
const BEGUN = /of the consumer group's members are of an earlier release/g
const ENDED = /no member of the consumer group is of an earlier release now/g

test(
  'a group that is half upgraded is ready, says so once, and the topic does not grow before it is whole',
  { timeout: 480_000 },
  async () => {
    await using stack = await servers()
    await using world = await createWorld(stack, { ...QUICK_LEASE, LOG_LEVEL: 'info' })
    const { environment, topics } = world
    const consumer = await world.startConsumer()
    const count = (what: RegExp): number => [...consumer.log().matchAll(what)].length
    const sees = (members: number): Promise<void> =>
      eventually(async () => {
        assert.deepEqual((await consumer.readiness()).reasons, [])
        assert.equal(await consumer.metric('custom_events_earlier_members'), members)
      }, PATIENT)
    await sees(0)
    const log = createLogger({ service: 'test', level: 'silent' })
    const operator = createOperator(kafkaConfigFrom(readSetupConfig(environment).config), log)
    const read = Object.values(topics)
    const earlier = await operator.join(environment['KAFKA_CONSUMER_GROUP'] ?? '', read)
    await sees(1)
    const grow = ['grow', '--partitions', '10', '--yes']
    const refused = await runTopic(grow, { environment })
    assert.equal(refused.code, 1, refused.output)
    assert.match(
      refused.output,
      /Refused: 1 of the consumers are of an earlier release.*#upgrading/,
    )
    await earlier[Symbol.asyncDispose]()
    await sees(0)
    assert.deepEqual([count(BEGUN), count(ENDED)], [1, 1])
    const grown = await runTopic(grow, { environment })
    assert.equal(grown.code, 0, grown.output)
  },
)
