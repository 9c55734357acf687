import type { Scenario } from '../scenario.ts'

/**
 * The topic is changed while events come in: for a while one ingest writes the old topic and one the new;
 * the consumer of the new begins when the old one is read to its end. Both have the same offsets at the
 * same time, in one table.
 */
export const scenario: Scenario = {
  name: 'rolled-switch',
  kind: 'K1',
  needs: 'plain',
  isInTests: true,
  run: async (world) => {
    const next = {
      KAFKA_TOPIC: `${world.topics.tracked}.v2`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.v2`,
    }
    const { ingest: before, consumer } = await world.start()
    await world.send({ through: before, events: 300 })
    await world.setUp(next)
    const after = await world.ingest(next)
    await after.becomesReady()
    // An account has one sender at a time, or there would be no order to keep.
    await Promise.all([
      world.send({
        through: before,
        events: 1_500,
        overMs: 4_000,
        accounts: ({ index }) => index % 2 === 0,
      }),
      world.send({
        through: after,
        events: 3_000,
        overMs: 4_000,
        accounts: ({ index }) => index % 2 === 1,
      }),
    ])
    await before.stop()
    await world.until(async () => {
      const offsets = await world.offsets()
      const lag = offsets.reduce((sum, each) => sum + each.latest - (each.committed ?? 0), 0)
      if (lag > 0) throw new Error(`the old topic has ${lag} records that are not read`)
    })
    await consumer.stop()
    await (await world.consumer(next)).becomesReady()
    await world.sendUpdates({ through: after, count: 60 })
    await world.send({ through: after, events: 300 })
    await world.expectWhole()
  },
}
