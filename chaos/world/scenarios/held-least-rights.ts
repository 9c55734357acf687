import { rightOf, type KafkaUser } from '@custom-events/embedded'
import { aclsOf, rightsOf } from '@custom-events/kafka'
import type { Scenario } from '../scenario.ts'

/**
 * Each program logs in as a user of its own with the rights that the documentation names, and nothing else,
 * for longer than the 20 s after which this Kafka wants everybody to log in again.
 */
export const scenario: Scenario = {
  name: 'least-rights',
  kind: 'held',
  needs: 'secure',
  run: async (world) => {
    const names = { tracked: world.topics.tracked, consumerGroup: world.consumerGroup }
    const least = (program: 'ingest' | 'consumer') =>
      world.secure.makeUser(`least_${program}`, aclsOf(rightsOf(program), names).map(rightOf))
    const [writer, reader] = [await least('ingest'), await least('consumer')]
    await world.setUp()
    const as = ({ environment }: KafkaUser) => environment
    const ingest = await world.ingest(as(writer))
    const consumer = await world.consumer(as(reader))
    await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
    await world.send({ through: ingest, events: 1_200, overMs: 25_000 })
    await world.putPoison([{ partition: 1, key: 'k', value: 'nobody can read this' }])
    await world.expectWhole()
  },
}
