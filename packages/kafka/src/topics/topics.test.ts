import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerGroupName, partitionCounts, sideTopicPartitions, topicNames } from './topics.ts'

test('the side topics are named after the topic of accepted events', () => {
  assert.deepEqual(topicNames('events.tracked.v1'), {
    tracked: 'events.tracked.v1',
    rejected: 'events.rejected.v1',
    deadLetters: 'events.tracked.v1.dlq',
    keys: 'events.keys.v1',
  })
  assert.deepEqual(topicNames('clicks'), {
    tracked: 'clicks',
    rejected: 'clicks.rejected',
    deadLetters: 'clicks.dlq',
    keys: 'clicks.keys',
  })
})

test('only the topic of accepted events has the configured partition count', () => {
  assert.deepEqual(partitionCounts(topicNames('clicks'), 12), {
    clicks: 12,
    'clicks.rejected': 3,
    'clicks.dlq': 3,
    'clicks.keys': 3,
  })
})

test('the default group follows the topic, so that two deployments never share one', () => {
  assert.equal(consumerGroupName('', 'clicks'), 'custom-events.clickhouse.clicks')
  assert.equal(consumerGroupName('mine', 'clicks'), 'mine')
})

test('the other topics have a few partitions, and as many of each shard', () => {
  const counts = [1, 2, 3, 4, 5, 64].map((shards) => [shards, sideTopicPartitions(shards)])
  assert.deepEqual(counts, [[1, 3], [2, 4], [3, 3], [4, 4], [5, 5], [64, 64]]) // prettier-ignore
  assert.equal(partitionCounts(topicNames('clicks'), 12, 2)['clicks.rejected'], 4)
})
