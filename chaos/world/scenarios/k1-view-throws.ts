import type { Scenario } from '../scenario.ts'

const EVENTS = 180

/**
 * An operator's own materialized view on `events` throws on one event; the consumer is restarted meanwhile,
 * which repairs nothing; then the view is mended. In the end it has every event.
 */
export const scenario: Scenario = {
  name: 'view-throws',
  kind: 'K1',
  needs: 'plain',
  // The one that was killed is a member until its session ends, and the next gets nothing until then.
  environment: { KAFKA_SESSION_TIMEOUT_MS: '6000' },
  run: async (world) => {
    await world.setUp()
    await world.execute(`CREATE MATERIALIZED VIEW mine ENGINE = MergeTree ORDER BY id AS
      SELECT event_id AS id, throwIf(event_id = 'event-77', 'not this one') AS no FROM events`)
    await world.putEvents(
      Array.from({ length: EVENTS }, (_, index) => ({
        event_id: `event-${index}`,
        group_id: `account-${index % 9}`,
        partition: index % 3,
      })),
    )
    for (let start = 0; start < 2; start++) {
      const consumer = await world.consumer()
      await consumer.becomesNotReady(/view \S*mine/)
      consumer.kill('SIGKILL')
      await consumer.exited
    }
    await world.execute(
      'ALTER TABLE mine MODIFY QUERY SELECT event_id AS id, toUInt8(0) AS no FROM events',
    )
    await (await world.consumer()).becomesReady()
    await world.expectWhole()
    await world.until(async () => {
      const [row] = await world.ask('SELECT uniqExact(id) FROM mine')
      if (Number(row?.[0]) !== EVENTS) throw new Error(`the view has ${row?.[0]} of ${EVENTS}`)
    })
  },
}
