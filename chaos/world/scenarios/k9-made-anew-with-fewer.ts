import type { Scenario } from '../scenario.ts'

/** A topic is deleted while ingest runs and made anew with fewer partitions: accounts have no place there. */
export const scenario: Scenario = {
  name: 'made-anew-with-fewer',
  kind: 'K9',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    const { tracked } = world.topics
    await world.send({ through: ingest })
    const settings = await world.operator.topicSettings(tracked)
    await world.operator.deleteTopic(tracked)
    await world.until(() => world.operator.createTopic(tracked, 2, Object.fromEntries(settings)))
    await ingest.becomesNotReady(/fewer/)
    await consumer.becomesReady()
    await world.operator.deleteTopic(tracked)
    await world.until(() => world.operator.createTopic(tracked, 3, Object.fromEntries(settings)))
    await ingest.becomesReady()
    await world.operator.createTopic(`${tracked}.partitions-5`, 1, {})
    await ingest.becomesNotReady(/partitions-5/)
    await world.operator.deleteTopic(`${tracked}.partitions-5`)
    await ingest.becomesReady()
  },
}
