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
