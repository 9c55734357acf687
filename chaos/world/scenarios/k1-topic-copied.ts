import type { Scenario } from '../scenario.ts'

const EVENTS = 900

/** A topic is copied, offset by offset, as MirrorMaker does, and both feed one database, under killed consumers. */
export const scenario: Scenario = {
  name: 'topic-copied',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const fast = { KAFKA_SESSION_TIMEOUT_MS: '6000' }
    const copy = {
      ...fast,
      KAFKA_TOPIC: `${world.topics.tracked}.copy`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.copy`,
    }
    await world.setUp(fast)
    await world.setUp(copy)
    const events = (prefix: string) =>
      Array.from({ length: EVENTS }, (_, index) => ({
        event_id: `${prefix}-${index}`,
        group_id: `account-${index % 9}`,
        partition: index % 3,
      }))
    // The first third is only in one, so that the same offsets hold the same events and others.
    await world.putEvents(events('both'))
    await world.putEvents(events('both'), { topic: copy.KAFKA_TOPIC })
    await world.putEvents(events('first'))
    await world.putEvents(events('second'), { topic: copy.KAFKA_TOPIC })
    for (const environment of [fast, copy]) {
      const consumer = await world.consumer(environment)
      await consumer.becomesReady()
      consumer.kill('SIGKILL')
      await consumer.exited
    }
    await (await world.consumer(copy)).becomesReady()
    await (await world.consumer(fast)).becomesReady()
    await world.expectWhole(90_000)
  },
}
