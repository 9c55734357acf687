import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** Ingest may write events, but not those that it rejects: named, counted, and events are taken all the same. */
export const scenario: Scenario = {
  name: 'rejects-denied',
  kind: 'K3',
  needs: 'secure',
  run: async (world) => {
    await world.setUp()
    const { tracked, rejected, keys } = world.topics
    const right = (name: string, operation: 'describe' | 'describe_configs' | 'write') =>
      ({ resource: 'topic', name, operation }) as const
    const user = await world.secure.makeUser('ingest-may-not-write-rejects', [
      right(tracked, 'write'),
      right(tracked, 'describe_configs'),
      right(rejected, 'describe'),
      right(rejected, 'describe_configs'),
      right(keys, 'write'),
      right(keys, 'describe_configs'),
    ])
    const ingest = await world.ingest(user.environment)
    await ingest.becomesNotReady(new RegExp(`WRITE on topic ${rejected}`))
    const consumer = await world.consumer()
    await consumer.becomesReady()
    await world.send({ through: ingest })
    assert.equal((await ingest.post('{"event":"no account"}')).status, 400)
    await world.until(async () => {
      const discarded = await ingest.metric('rejected_records_discarded_total', 'reason="refused"')
      assert.ok((discarded ?? 0) > 0, `discarded: ${discarded}`)
    })
    await ingest.warns(/TOPIC_AUTHORIZATION_FAILED.*rejected events discarded/)
    await user.allow(right(rejected, 'write'))
    await ingest.becomesReady(30_000)
    await world.expectWhole()
  },
}
