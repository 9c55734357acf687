import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startStack } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'
import { counts, createWorld } from './world.ts'

// Servers of its own: it kills them.
test(
  'ClickHouse and Kafka are killed under load: nothing is lost, memory stays bounded',
  {
    timeout: 120_000,
    skip: process.env['STACK'] === 'containers' ? 'it kills the embedded servers' : false,
  },
  async (t) => {
    await using stack = await startStack()
    await using world = await createWorld(stack)
    const budget = { MEMORY_BUDGET_BYTES: '1048576', BATCH_MAX_BYTES: '65536' }
    await using consumer = await world.startConsumer(budget)
    const produce = async (round: number): Promise<void> => {
      const records = Array.from({ length: 1_000 }, (_, index) =>
        world.record(round * 1_000 + index),
      )
      await eventually(() => world.produce(records), { withinMs: 30_000 })
    }
    const untilTracked = (expected: number): Promise<void> =>
      eventually(async () => assert.equal((await counts(world)).tracked, expected), {
        withinMs: 60_000,
      })
    /** Producing again after a lost answer may put an event into Kafka twice, so rows are counted by record. */
    const assertNoRecordTwice = async (): Promise<void> => {
      const { physical, offsets } = await counts(world)
      assert.equal(physical, offsets)
    }
    await produce(0)
    await untilTracked(1_000)

    await t.test(
      'ClickHouse is away: not ready with the reason, fetching pauses, then it catches up',
      async () => {
        stack.clickhouse.kill('SIGKILL')
        for (let round = 1; round < 9; round++) await produce(round)
        await eventually(async () => {
          const { isReady, reasons } = await consumer.readiness()
          assert.equal(isReady, false)
          assert.match(reasons.join(), /retrying/)
          assert.ok((await consumer.metric('custom_events_fetch_pauses')) > 0)
        })
        assert.ok((await consumer.metric('custom_events_memory_budget_used_bytes')) < 4 * 1_048_576)
        await stack.clickhouse.restart()
        await untilTracked(9_000)
        await assertNoRecordTwice()
        await eventually(async () => assert.ok((await consumer.readiness()).isReady))
      },
    )

    await t.test('Kafka is away: the consumer joins again by itself', async () => {
      stack.kafka.kill('SIGKILL')
      await stack.kafka.restart()
      await produce(9)
      await untilTracked(10_000)
      await assertNoRecordTwice()
    })

    await t.test('a missing table halts, is not made again, and its return is enough', async () => {
      await world.clickhouse.command('RENAME TABLE events TO events_away')
      await produce(10)
      await eventually(async () => {
        assert.match((await consumer.readiness()).reasons.join(), /halted \(schema\)/)
      })
      const [row] = await world.clickhouse.query(
        `SELECT count() AS n FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
      )
      assert.deepEqual(row, { n: '0' })
      assert.equal(await consumer.metric('custom_events_halted'), 1)
      await world.clickhouse.command('RENAME TABLE events_away TO events')
      await untilTracked(11_000)
      await assertNoRecordTwice()
    })
  },
)
