import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinKnowing } from './join-knowing.ts'
import type { KafkaLog } from '../topics/kafka-logs.ts'

const log = (topic: string, topicId: string): KafkaLog => ({ clusterId: 'c', topic, topicId })
const state = (topic: string) => ({ topic, partition: 0, committed: 500, earliest: 0, latest: 900 })

/** A member that is assigned two topics, and is told these logs, one list after the other. */
function member(...answers: readonly (readonly KafkaLog[])[]) {
  const left = [...answers]
  return {
    join: async () => ({ states: [state('events'), state('rejected')], refused: [] }),
    logs: async () => left.shift() ?? [],
  }
}

test('positions of a topic that was made anew while they were asked for are not used', async () => {
  const before = [log('events', 'a'), log('rejected', 'r')]
  const after = [log('events', 'b'), log('rejected', 'r')]
  assert.equal(await joinKnowing(member(before, after)), null)
})

test('a partition whose log nobody tells waits, and the others are read', async () => {
  const logs = [log('events', 'a')]
  const joined = await joinKnowing(member(logs, logs))
  assert.deepEqual(joined?.states, [state('events')])
  assert.deepEqual(
    joined?.refused.map(({ topic, partition }) => ({ topic, partition })),
    [{ topic: 'rejected', partition: 0 }],
  )
})

test('whoever is told of every log reads every partition', async () => {
  const logs = [log('events', 'a'), log('rejected', 'r')]
  const joined = await joinKnowing(member(logs, logs))
  assert.deepEqual(joined, { logs, states: [state('events'), state('rejected')], refused: [] })
})
