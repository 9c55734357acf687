import assert from 'node:assert/strict'
import { freePort } from '@custom-events/embedded'
import type { Scenario } from '../scenario.ts'

const KEPT_FROM = 20

/**
 * A group that could never insert anything is overtaken by the retention, before its first commit: what it has lost is
 * said to be lost, with how many, and it goes on only when it is told to.
 */
export const scenario: Scenario = {
  name: 'retention-overtakes',
  kind: 'K3',
  needs: 'plain',
  run: async (world) => {
    const { ingest } = await world.start()
    const other = { KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.other` }
    const nowhere = { CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}` }
    const blind = await world.consumer({ ...other, ...nowhere })
    await world.send({ through: ingest })
    await blind.becomesNotReady(/retrying/)
    await world.expectWhole() // the group of the others has all of it

    await world.operator.deleteRecords(world.topics.tracked, new Map([[0, KEPT_FROM]]))
    await blind.stop()
    const next = await world.consumer(other)
    const lost = new RegExp(`/0: ${KEPT_FROM} offsets, 0 to ${KEPT_FROM - 1}, were deleted`)
    await next.becomesNotReady(lost)
    await next.warns(lost)
    assert.equal(await next.metric('partitions_out_of_range'), 1)
    await next.stop()

    const told = await world.consumer({ ...other, KAFKA_OUT_OF_RANGE: 'earliest' })
    await told.becomesReady()
    await told.warns(/going on with the earliest.* 20 offsets, 0 to 19/)
    await world.expectWhole()
  },
}
