import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicNames } from '@custom-events/kafka'
import { deadLetterRoute } from './route.ts'
import { inOrderOf, routesRead, topicsRead } from './generations-read.ts'

const TOPICS = topicNames('events.tracked.v1')
const GENERATIONS = ['events.tracked.v1', 'events.tracked.v1.g2'].map((topic, index) => ({
  generation: index + 1,
  topic,
  partitions: 12,
}))

test('logs are registered generation by generation, in whatever order Kafka tells of them', () => {
  const read = topicsRead(TOPICS, GENERATIONS)
  const told = read.toReversed().map((topic) => ({ clusterId: 'c', topic, topicId: topic }))
  assert.deepEqual(
    inOrderOf(read, told).map(({ topic }) => topic),
    read,
  )
  assert.deepEqual(read.slice(0, 2), ['events.tracked.v1', 'events.tracked.v1.g2'])
})

test('a generation has one route, whatever was added since', () => {
  const routes = routesRead([deadLetterRoute('dlq')], (topic) => deadLetterRoute(topic))
  const [first] = routes(GENERATIONS.slice(0, 1))
  const all = routes(GENERATIONS)
  assert.equal(all[0], first)
  assert.deepEqual(
    all.map(({ topic }) => topic),
    ['events.tracked.v1', 'events.tracked.v1.g2', 'dlq'],
  )
})
