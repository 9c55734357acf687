import type { Scenario } from '../scenario.ts'

/** Two regions have a topic each and share one database; their consumers are killed and come back. */
export const scenario: Scenario = {
  name: 'two-topics-one-database',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const elsewhere = {
      KAFKA_TOPIC: `${world.topics.tracked}.west`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.west`,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    }
    const here = { KAFKA_SESSION_TIMEOUT_MS: '6000' }
    await world.setUp(here)
    await world.setUp(elsewhere)
    const [east, west] = [await world.ingest(here), await world.ingest(elsewhere)]
    await Promise.all([east.becomesReady(), west.becomesReady()])
    const consumers = [await world.consumer(here), await world.consumer(elsewhere)]
    const sending = Promise.all([
      world.send({
        through: east,
        events: 2_000,
        overMs: 8_000,
        accounts: ({ index }) => index % 2 === 0,
      }),
      world.send({
        through: west,
        events: 2_000,
        overMs: 8_000,
        accounts: ({ index }) => index % 2 === 1,
      }),
    ])
    await Promise.all(consumers.map((consumer) => consumer.becomesReady()))
    for (const consumer of consumers) {
      consumer.kill('SIGKILL')
      await consumer.exited
    }
    await world.consumer(here)
    await world.consumer(elsewhere)
    await sending
    await world.expectWhole(45_000)
  },
}
