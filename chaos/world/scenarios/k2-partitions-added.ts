import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** An operator gives the topic more partitions; a producer of somebody else writes to the new ones. */
export const scenario: Scenario = {
  name: 'partitions-added',
  kind: 'K2',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest, events: 200 })
    await world.operator.addPartitions(world.topics.tracked, 8)
    await world.putEvents([
      { event_id: 'added-1', group_id: 'a', partition: 7 },
      { event_id: 'added-2', group_id: 'a', partition: 5 },
    ])
    const startedAt = performance.now()
    await world.expectWhole(45_000)
    const readMs = Math.round(performance.now() - startedAt)
    world.note(`what lay in the new partitions was read after ${readMs} ms`)
    assert.ok(readMs < 30_000, `a new partition was read only after ${readMs} ms`)
    await consumer.warns(/partition/i)
  },
}
