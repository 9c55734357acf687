import type { Scenario } from '../scenario.ts'

/**
 * From the first topic to a second and back to the first, whose offsets go on; then to a third, with updates. Order
 * is not promised over a switch back: its log keeps its generation.
 */
export const scenario: Scenario = {
  name: 'switch-back',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const to = (version: string) => ({
      KAFKA_TOPIC: `${world.topics.tracked}${version}`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}${version}`,
    })
    for (const version of ['', '.v2', '', '.v3']) {
      const there = to(version)
      const { text } = await world.setUp(there)
      const isBack = version === '' && text.includes('.v2 (generation')
      if (isBack) world.note('setup says that the newer topic stays visible')
      const [ingest, consumer] = [await world.ingest(there), await world.consumer(there)]
      await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
      const accounts = ({ manner }: { readonly manner: string }): boolean =>
        !isBack || manner !== 'ordered'
      await world.send({ through: ingest, events: 600, overMs: 1_500, accounts })
      if (version === '.v3') await world.sendUpdates({ through: ingest, count: 60 })
      await world.expectWhole()
      await ingest.stop()
      await consumer.stop()
    }
  },
}
