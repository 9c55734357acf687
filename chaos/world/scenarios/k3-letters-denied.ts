import type { Scenario } from '../scenario.ts'

/** The consumers may not write to the topic of dead letters: told with Kafka's own code, and over when it is granted. */
export const scenario: Scenario = {
  name: 'letters-denied',
  kind: 'K3',
  needs: 'secure',
  run: async (world) => {
    await world.setUp()
    const ingest = await world.ingest()
    const { tracked, rejected, deadLetters, keys } = world.topics
    const write = { resource: 'topic', name: deadLetters, operation: 'write' } as const
    const user = await world.secure.makeUser(`consumer_${world.seed}`, [
      ...[tracked, rejected, deadLetters, keys].flatMap((name) => [
        { resource: 'topic', name, operation: 'read' } as const,
        { resource: 'topic', name, operation: 'describe_configs' } as const,
      ]),
      { resource: 'group', name: world.consumerGroup, operation: 'read' },
      write,
    ])
    const consumer = await world.consumer(user.environment)
    await ingest.becomesReady()
    await consumer.becomesReady()
    await user.withdraw(write)
    await world.putPoison([{ partition: 0, key: 'bad', value: 'junk' }])
    await consumer.becomesNotReady(/dead_letter_topic.*TOPIC_AUTHORIZATION_FAILED/)
    await consumer.warns(/TOPIC_AUTHORIZATION_FAILED/)
    await user.allow(write)
    await world.send({ through: ingest })
    await world.expectWhole(90_000)
    await consumer.becomesReady()
  },
}
