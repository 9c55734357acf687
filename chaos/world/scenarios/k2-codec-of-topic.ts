import type { Scenario } from '../scenario.ts'

/** An operator saves disk: the broker compresses what ingest writes, with one codec after the other. */
export const scenario: Scenario = {
  name: 'codec-of-topic',
  kind: 'K2',
  needs: 'plain',
  isInTests: true,
  run: async (world) => {
    const { ingest } = await world.start()
    for (const codec of ['zstd', 'lz4', 'snappy', 'gzip', 'producer']) {
      await world.operator.setTopic(world.topics.tracked, { 'compression.type': codec })
      await world.send({ through: ingest })
    }
    await world.expectWhole()
  },
}
