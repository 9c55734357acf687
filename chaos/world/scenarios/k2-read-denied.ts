import type { Scenario } from '../scenario.ts'

/** READ is missing on one topic of three, then DESCRIBE too: named, and the other topics go on. */
export const scenario: Scenario = {
  name: 'read-denied',
  kind: 'K2',
  needs: 'secure',
  isInTests: true,
  run: async (world) => {
    await world.setUp()
    const ingest = await world.ingest()
    const { tracked, rejected, deadLetters, keys } = world.topics
    const read = (name: string) => ({ resource: 'topic', name, operation: 'read' }) as const
    const user = await world.secure.makeUser(`reader_${world.seed}`, [
      ...[tracked, rejected, deadLetters, keys].flatMap((name) => [
        read(name),
        { resource: 'topic', name, operation: 'describe_configs' } as const,
      ]),
      { resource: 'group', name: world.consumerGroup, operation: 'read' },
      { resource: 'topic', name: deadLetters, operation: 'write' },
    ])
    const consumer = await world.consumer(user.environment)
    await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
    await user.withdraw(read(rejected))
    const denied = new RegExp(`${rejected.replaceAll('.', '\\.')}.*TOPIC_AUTHORIZATION_FAILED`)
    await consumer.becomesNotReady(denied)
    await consumer.warns(denied)
    // No events are rejected here: what is accepted must arrive all the same.
    await world.send({ through: ingest })
    await world.expectWhole()
    await user.allow(read(rejected))
    await consumer.becomesReady()
  },
}
