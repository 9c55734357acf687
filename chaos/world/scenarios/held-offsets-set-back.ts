import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/**
 * An operator sets the group back to the beginning: every record is read again, and no row is there twice. An older
 * copy that a merge has taken away may come back, until the next merge.
 */
export const scenario: Scenario = {
  name: 'offsets-set-back',
  kind: 'held',
  needs: 'plain',
  isInTests: true,
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest, events: 3_000, overMs: 2_000 })
    await world.expectWhole()
    await consumer.stop()
    await world.operator.setOffsets(
      world.consumerGroup,
      world.topics.tracked,
      new Map([0, 1, 2].map((partition) => [partition, 0])),
    )
    const again = await world.consumer()
    await again.becomesReady()
    await world.until(async () => {
      const read = await again.metric('already_inserted_rows_total', 'table="events"')
      assert.ok(Number(read) >= 2_900, `${read} of 3,000 were found to be there already`)
    })
    await world.expectWhole()
    const [[after] = []] = await world.ask('SELECT count() FROM events')
    const { accepted, updates } = world.ledger.counts
    assert.ok(Number(after) <= accepted + updates, `${after} rows of ${accepted} and ${updates}`)
  },
}
