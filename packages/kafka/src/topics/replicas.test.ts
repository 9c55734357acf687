import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
import { lacksReplicas, shortage } from './replicas.ts'

const topic = (name: string, ...inSync: readonly number[]) => ({
  name,
  partitions: inSync.map((count) => ({
    replicas: [0, 1, 2],
    isr: Array.from({ length: count }, (_, id) => id),
  })),
})

test('a topic is short of replicas when none of its partitions has enough', () => {
  const needed = new Map([['two', 2]])
  assert.match(shortage([topic('two', 1, 1)], needed) ?? '', /^topic two: .*min.insync.replicas=2/)
  assert.equal(shortage([topic('two', 1, 2)], needed), null, 'one partition can still be used')
  assert.equal(shortage([topic('other', 1)], needed), null)
  const alone = { name: 'two', partitions: [{ replicas: [0], isr: [0] }] }
  assert.equal(shortage([alone], needed), null, 'Kafka asks for no more than there are')
})

test('only what Kafka says of replicas is about replicas, also inside of another error', () => {
  assert.ok(lacksReplicas(createErrorFromCode(19)))
  assert.ok(lacksReplicas(createErrorFromCode(20)))
  assert.ok(lacksReplicas(new Error('given up', { cause: createErrorFromCode(19) })))
  assert.equal(lacksReplicas(createErrorFromCode(6)), false)
  assert.equal(lacksReplicas(null), false)
})
