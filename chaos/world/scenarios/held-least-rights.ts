import type { KafkaUser, Right } from '@custom-events/embedded'
import type { Scenario } from '../scenario.ts'

/**
 * Each program logs in as a user of its own with the rights that the documentation names, and nothing else,
 * for longer than the 20 s after which this Kafka wants everybody to log in again.
 */
export const scenario: Scenario = {
  name: 'least-rights',
  kind: 'held',
  needs: 'secure',
  run: async (world) => {
    const { tracked, rejected, deadLetters, keys } = world.topics
    const on = (name: string, ...operations: readonly Right['operation'][]): readonly Right[] =>
      operations.map((operation) => ({ resource: 'topic', name, operation }))
    const all = [tracked, rejected, deadLetters, keys]
    const settings = ['describe', 'describe_configs'] as const
    const group: Right = { resource: 'group', name: world.consumerGroup, operation: 'read' }
    const writer = await world.secure.makeUser('least_ingest', [
      ...on(tracked, 'write', ...settings),
      ...on(rejected, 'write', ...settings),
      ...on(keys, 'write', ...settings),
    ])
    const reader = await world.secure.makeUser('least_consumer', [
      ...all.flatMap((topic) => on(topic, 'read', ...settings)),
      ...on(deadLetters, 'write'),
      group,
    ])
    await world.setUp()
    const as = ({ environment }: KafkaUser) => environment
    const ingest = await world.ingest(as(writer))
    const consumer = await world.consumer(as(reader))
    await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
    await world.send({ through: ingest, events: 1_200, overMs: 25_000 })
    await world.putPoison([{ partition: 1, key: 'k', value: 'nobody can read this' }])
    await world.expectWhole()
  },
}
