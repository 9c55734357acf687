import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

const EVENT =
  '{"event":"e","group_id":"g","user_id":"u","event_id":"denied","timestamp":"2024-01-01T00:00:00.000Z"}'

/** Ingest may see its topics and not write to them: at its start, and taken away while it runs. */
export const scenario: Scenario = {
  name: 'write-denied',
  kind: 'K3',
  needs: 'secure',
  run: async (world) => {
    await world.setUp()
    const { tracked, rejected, keys } = world.topics
    const rights = [tracked, rejected, keys].flatMap((name) => [
      { resource: 'topic', name, operation: 'describe' } as const,
      { resource: 'topic', name, operation: 'describe_configs' } as const,
    ])
    const write = { resource: 'topic', name: tracked, operation: 'write' } as const
    const user = await world.secure.makeUser('ingest-may-not-write', [
      ...rights,
      { resource: 'topic', name: rejected, operation: 'write' },
      { resource: 'topic', name: keys, operation: 'write' },
    ])
    const ingest = await world.ingest(user.environment)
    const named = new RegExp(`WRITE on topic ${tracked}.*TOPIC_AUTHORIZATION_FAILED`)
    await ingest.becomesNotReady(named)
    await ingest.warns(named)
    await user.allow(write)
    await ingest.becomesReady(30_000)

    await user.withdraw(write)
    assert.equal((await ingest.post(EVENT)).status, 503)
    await ingest.becomesNotReady(/TOPIC_AUTHORIZATION_FAILED/)
    await user.allow(write)
    await ingest.becomesReady(30_000)
    const consumer = await world.consumer()
    await consumer.becomesReady()
    await world.send({ through: ingest })
    await world.expectWhole()
  },
}
