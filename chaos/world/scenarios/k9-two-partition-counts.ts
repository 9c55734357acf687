import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** The topic grows, and one of two ingests, and setup, are given the new number. */
export const scenario: Scenario = {
  name: 'two-partition-counts',
  kind: 'K9',
  needs: 'plain',
  run: async (world) => {
    const { ingest } = await world.start()
    await world.send({ through: ingest })
    await world.operator.addPartitions(world.topics.tracked, 6)

    for (const KAFKA_PARTITIONS of ['6', '2', '12']) {
      const { code, text } = await world.command(['setup'], { KAFKA_PARTITIONS })
      assert.equal(code, 1, `setup took ${KAFKA_PARTITIONS}: ${text}`)
      assert.match(text, /KAFKA_PARTITIONS=3/)
    }
    const other = await world.ingest({ KAFKA_PARTITIONS: '6' })
    await other.becomesNotReady(/KAFKA_PARTITIONS=3/)
    const { status } = await other.post(
      JSON.stringify({ event: 'astray', user_id: 'u', group_id: 'g', event_id: 'astray' }),
    )
    assert.equal(status, 503, 'an event was taken with another number of partitions')

    await world.setUp()
    await world.sendUpdates({ through: ingest, count: 60 })
    await world.expectWhole()
  },
}
