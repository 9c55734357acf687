// Events older than the retention: accepted, inserted, expired; and never taken for lost ones.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { counts, createWorld, PARTITIONS } from '../consumer/world.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { DAY_MS } from './kept.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const PATIENT = { withinMs: 90_000 }

test(
  'rows that expired are inserted again when they are read again, once, and the consumer goes on',
  { timeout: 300_000 },
  async () => {
    await using world = await createWorld(stack, { CLICKHOUSE_RETENTION_DAYS: '30' })
    await world.clickhouse.command('ALTER TABLE events MODIFY SETTING merge_with_ttl_timeout = 1')
    const now = Math.floor(Date.now() / 1000) * 1000
    const old = Array.from({ length: 300 }, (_, index) =>
      world.record(index, { timestamp: now - 200 * DAY_MS + index * 1_000, received_at: now }),
    )
    const young = Array.from({ length: 300 }, (_, index) =>
      world.record(1_000 + index, { timestamp: now + index, received_at: now }),
    )
    await world.produce([...old, ...young])
    const onlyYoung = async (): Promise<void> => {
      assert.equal((await counts(world)).events, 300)
      const [row] = await world.clickhouse.query(
        'SELECT toUInt32(countIf(timestamp < now() - INTERVAL 100 DAY)) AS old FROM events',
      )
      assert.deepEqual(row, { old: 0 })
    }
    {
      await using first = await world.startConsumer()
      await eventually(async () => {
        assert.equal(await first.metric('custom_events_inserted_rows_total'), 600)
      }, PATIENT)
      await eventually(onlyYoung, PATIENT)
      first.kill('SIGTERM')
      await first.exit
    }
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await world.commit({ topic: world.topics.tracked, partition, offset: 0 })
    }
    // All is in doubt now: 300 rows are found, 300 are not, because they have expired.
    await using second = await world.startConsumer({ BATCH_MAX_ROWS: '1000' })
    await eventually(async () => {
      assert.equal(await second.metric('custom_events_consumed_records_total'), 600)
      assert.equal(await second.metric('custom_events_lag_records'), 0)
    }, PATIENT)
    assert.equal((await second.readiness()).isReady, true)
    assert.equal(await second.metric('custom_events_dead_lettered_records_total'), 0)
    const inserted = await second.metric('custom_events_inserted_rows_total')
    assert.ok(
      inserted >= 300 && inserted <= 600,
      `${inserted} rows: the expired, and no row for ever`,
    )
    await eventually(onlyYoung, PATIENT)
    assert.equal(await second.metric('custom_events_inserted_rows_total'), inserted)
  },
)
