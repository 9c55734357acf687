import type { Scenario } from '../scenario.ts'

/** The database is dropped and set up anew under a consumer that has nothing to do and hears nothing of it. */
export const scenario: Scenario = {
  name: 'clickhouse-replaced',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const next = {
      KAFKA_TOPIC: `${world.topics.tracked}.v2`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.v2`,
    }
    await world.setUp()
    const { ingest, consumer } = await world.start(next) // its logs are the fourth to the sixth
    await world.execute(`DROP DATABASE ${world.database} SYNC`)
    await world.setUp(next) // and now the first to the third
    await world.send({ through: ingest, events: 300 })
    await world.expectWhole()
    await consumer.stop()
    await (await world.consumer(next)).becomesReady()
    await world.sendUpdates({ through: ingest, count: 60 })
    await world.expectWhole()
  },
}
