import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryBudget, type Consumer, type ConsumerOptions } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { readConsumerConfig } from '../config.ts'
import { openMember } from './open-member.ts'

test('a name that was taken is taken for whatever is read next', async () => {
  const names: ConsumerOptions['name'][] = []
  const create = ({ name }: ConsumerOptions): Consumer => {
    names.push(name)
    const member: unknown = {
      fetch: async () => ({ kind: 'idle' }),
      [Symbol.asyncDispose]: async () => {},
    }
    return member as Consumer // a stand-in: what is not here is not used
  }
  const log = createLogger({ service: 'test', level: 'silent' })
  const budget = createMemoryBudget(100)
  const settings = readConsumerConfig({ KAFKA_GROUP_INSTANCE_ID: 'pod-1' })
  await using consumer = openMember({ settings, budget, log }, ['t'], create)
  names[0]?.taken()
  consumer.readTopics(['t', 't.g2'])
  await consumer.fetch({ maxWaitMs: 0, signal: new AbortController().signal })
  assert.deepEqual(
    names.map((each) => each?.id),
    [null, null],
  )
})

test('a consumer of a shard joins the group of the shard, and reads its partitions and every key', async () => {
  const opened: ConsumerOptions[] = []
  const create = (options: ConsumerOptions): Consumer => {
    opened.push(options)
    const member: unknown = { [Symbol.asyncDispose]: async () => {} }
    return member as Consumer // a stand-in: what is not here is not used
  }
  const log = createLogger({ service: 'test', level: 'silent' })
  const settings = readConsumerConfig({
    KAFKA_CONSUMER_GROUP: 'g',
    CLICKHOUSE_SHARD_URLS: 'http://a:8123,http://b:8123,http://c:8123',
    CLICKHOUSE_SHARD: '2',
  })
  assert.equal(settings.config.CLICKHOUSE_URL, 'http://b:8123')
  await using _ = openMember({ settings, budget: createMemoryBudget(100), log }, ['t'], create)
  const [{ consumerGroup, isRead } = { consumerGroup: '' }] = opened
  assert.equal(consumerGroup, 'g.shard-2-of-3')
  const partitions = [0, 1, 2, 3, 4]
  const readOf = (topic: string) =>
    partitions.filter((each) => isRead?.({ topic, partition: each }))
  assert.deepEqual(readOf('events.tracked.v1'), [1, 4])
  assert.deepEqual(readOf('events.tracked.v1.dlq'), [1, 4])
  assert.deepEqual(readOf('events.keys.v1'), partitions)
})
