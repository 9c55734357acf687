import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** The longest retention, and events from before 1970. */
export const scenario: Scenario = {
  name: 'kept-for-100-years',
  kind: 'K4',
  needs: 'plain',
  environment: {
    CLICKHOUSE_RETENTION_DAYS: '36500',
    EVENT_EARLIEST_TIMESTAMP: '1930-01-01T00:00:00Z',
  },
  run: async (world) => {
    const { ingest } = await world.start()
    await world.send({ through: ingest })
    await world.expectWhole()
    await world.execute('OPTIMIZE TABLE events FINAL')
    await world.expectWhole()

    const old = { event: 'old', user_id: 'u', group_id: 'g', event_id: 'old' }
    const { status } = await ingest.post(
      JSON.stringify({ ...old, timestamp: '1965-03-04T05:06:07Z' }),
    )
    assert.equal(status, 200)
    await world.until(async () => {
      const seen = await world.ask(
        `SELECT toString(timestamp) AS at FROM tracked WHERE event = 'old'`,
      )
      assert.deepEqual(seen, [['1965-03-04 05:06:07.000']])
    })
    await world.execute('SYSTEM REFRESH VIEW rollup_daily_refresh')
    await world.execute('SYSTEM WAIT VIEW rollup_daily_refresh')
    const days = await world.ask(
      `SELECT toString(day) AS day FROM events_daily WHERE event = 'old'`,
    )
    assert.deepEqual(days, [['1965-03-04']])
  },
}
