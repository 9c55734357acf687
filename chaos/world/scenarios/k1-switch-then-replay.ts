import type { Scenario } from '../scenario.ts'

const REJECTED = 60

/**
 * A clean switch of topics: the old one is read to its end, then only the new one is used. What was sent before
 * is sent again, changed; what was refused before is replayed. Both lie at lower offsets than what they replace.
 */
export const scenario: Scenario = {
  name: 'switch-then-replay',
  kind: 'K1',
  needs: 'plain',
  run: async (world) => {
    const next = {
      KAFKA_TOPIC: `${world.topics.tracked}.v2`,
      KAFKA_CONSUMER_GROUP: `${world.consumerGroup}.v2`,
      EVENT_EARLIEST_TIMESTAMP: '1990-01-01T00:00:00Z',
    }
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest, events: 600 })
    for (let index = 0; index < REJECTED; index++) {
      const event = { event: 'too_old', user_id: 'u', group_id: 'g', event_id: `old-${index}` }
      await ingest.post(JSON.stringify({ ...event, timestamp: '1999-01-01T00:00:00Z' }))
    }
    await world.expectWhole()
    await world.until(() => expectRejected(world, REJECTED, 'resolution IS NULL'))
    await ingest.stop()
    await consumer.stop()

    await world.setUp(next)
    const [ingestNow, consumerNow] = [await world.ingest(next), await world.consumer(next)]
    await Promise.all([ingestNow.becomesReady(), consumerNow.becomesReady()])
    await world.sendUpdates({ through: ingestNow, count: 60 })
    await world.expectWhole()
    const asIngest = { ...next, AUTH_MODE: 'off' }
    const args = ['replay', '--from', 'rejected', '--group-id', 'g']
    const replay = await world.command(args, asIngest)
    if (replay.code !== 0) throw new Error(`replay exited with ${replay.code}: ${replay.text}`)
    await world.until(() => expectRejected(world, REJECTED, `resolution = 'replayed'`))
    const again = await world.command(args, asIngest)
    if (!again.text.includes('No rejected events to replay')) throw new Error(again.text)
  },
}

async function expectRejected(
  world: Parameters<Scenario['run']>[0],
  count: number,
  state: string,
): Promise<void> {
  const rows = await world.ask(
    `SELECT 1 FROM rejected_events FINAL WHERE group_id = 'g' AND ${state}`,
  )
  if (rows.length !== count) {
    throw new Error(`${rows.length} rejected events have ${state}, expected ${count}`)
  }
}
