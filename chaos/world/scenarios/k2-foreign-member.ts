import type { Scenario } from '../scenario.ts'

/** A consumer of another deployment joins the same group with topics of its own. */
export const scenario: Scenario = {
  name: 'foreign-member',
  kind: 'K2',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    const other = `${world.topics.tracked}.other`
    await world.operator.createTopic(other, 4)
    await world.send({ through: ingest })
    {
      await using member = await world.operator.join(world.consumerGroup, [other])
      await consumer.becomesNotReady(/other topics|foreign|somebody else/i)
      await consumer.warns(/other topics|foreign|somebody else/i)
      world.note(`named ${member.memberId.slice(0, 20)}…`)
    }
    await world.send({ through: ingest })
    await consumer.becomesReady()
    await world.expectWhole()
  },
}
