import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readReplicasOf } from './read-replicas.ts'

test('a partition goes back to its leader when the replica that it was read from has left', () => {
  const group = {
    preferredReadReplicasPerTopicPartition: { t: { 0: { nodeId: 1 }, 1: { nodeId: 2 } } },
  }
  readReplicasOf(group).keepThose(['2', '3'])
  assert.deepEqual(group.preferredReadReplicasPerTopicPartition, { t: { 1: { nodeId: 2 } } })
})

test('what a replica refuses is asked of the leader, once', () => {
  const group = { preferredReadReplicasPerTopicPartition: { t: { 0: { nodeId: 1 } } } }
  const replicas = readReplicasOf(group)
  assert.equal(replicas.toLeader({ topic: 't', partition: 0 }), true)
  assert.equal(replicas.toLeader({ topic: 't', partition: 0 }), false, 'then it is the leader')
  assert.equal(replicas.toLeader({ topic: 'other', partition: 0 }), false)
})
