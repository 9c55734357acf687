import type { Scenario } from '../scenario.ts'

/** An operator deletes the topic of rejected events; the other two must go on, and both services say so. */
export const scenario: Scenario = {
  name: 'topic-deleted',
  kind: 'K2',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest })
    await world.operator.deleteTopic(world.topics.rejected)
    const name = new RegExp(world.topics.rejected.replaceAll('.', String.raw`\.`))
    await consumer.becomesNotReady(name)
    await consumer.warns(name)
    // Not by ingest, which may refuse everything while it cannot set aside what it rejects.
    await world.putEvents([{ event_id: 'goes-on', group_id: 'a' }])
    await world.until(async () => {
      const rows = await world.ask(`SELECT 1 FROM tracked WHERE event_id = 'goes-on'`)
      if (rows.length === 0) throw new Error('the other topics do not go on')
    })
    await world.setUp()
    // The group had read beyond the beginning of the topic that is there now: only an operator may say go on.
    await consumer.stop()
    const next = await world.consumer({ KAFKA_OUT_OF_RANGE: 'earliest' })
    await Promise.all([ingest.becomesReady(), next.becomesReady()])
    await world.send({ through: ingest })
    await world.expectWhole()
  },
}
