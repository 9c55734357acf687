import type { Scenario } from '../scenario.ts'

/**
 * An operator deletes the topic, all of which was read, and makes it again within a second. Its offsets begin
 * anew: what is sent again must still win over its older copy.
 */
export const scenario: Scenario = {
  name: 'topic-remade',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const { ingest } = await world.start()
    await world.send({ through: ingest })
    await world.expectWhole()
    const { tracked } = world.topics
    const settings = await world.operator.topicSettings(tracked)
    await world.operator.deleteTopic(tracked)
    await world.until(() => world.operator.createTopic(tracked, 3, Object.fromEntries(settings)))
    await world.setUp()
    // The first may wait for those who still ask for the topic that was.
    await world.sendUpdates({ through: ingest, count: 60 })
    await world.send({ through: ingest, events: 600, overMs: 5_000 })
    await world.expectWhole(60_000)
  },
}
