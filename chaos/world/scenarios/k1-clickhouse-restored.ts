import type { Scenario } from '../scenario.ts'

/** The rows are restored from a backup, the table of logs is not; then old events are updated. */
export const scenario: Scenario = {
  name: 'clickhouse-restored',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const next = {
      KAFKA_TOPIC: `${world.topics.tracked}.v2`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.v2`,
    }
    await world.setUp()
    const { ingest, consumer } = await world.start(next)
    await world.send({ through: ingest, events: 600 })
    await world.expectWhole()
    await consumer.stop()
    await world.execute('TRUNCATE TABLE kafka_logs')
    await (await world.consumer(next)).becomesReady() // setup was not run
    await world.sendUpdates({ through: ingest, count: 60 })
    await world.send({ through: ingest, events: 300 })
    await world.expectWhole()
  },
}
