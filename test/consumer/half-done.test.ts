// What a half-done insert leaves behind, on the real servers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { counts, createWorld } from './world.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const PATIENT = { withinMs: 60_000 }
/** A part for each month: a second where nothing else runs, minutes where everything else does. */
const MOST_PATIENT = { withinMs: 240_000 }

test(
  'a view of somebody’s that throws is named, halts its record alone, and misses nothing in the end',
  { timeout: 150_000 },
  async () => {
    await using world = await createWorld(stack)
    const { clickhouse } = world
    await clickhouse.command(`CREATE MATERIALIZED VIEW mine ENGINE = MergeTree ORDER BY id AS
      SELECT event_id AS id, throwIf(event_id = 'event-77', 'not this one') AS no FROM events`)
    await world.produce(Array.from({ length: 180 }, (_, index) => world.record(index)))
    const halts = async (): Promise<void> => {
      await using consumer = await world.startConsumer({ LOG_LEVEL: 'info' })
      await eventually(async () => {
        const { isReady, reasons } = await consumer.readiness()
        assert.equal(isReady, false)
        assert.match(reasons.join(), /halted .*@\d+ is refused by the view \S*mine/)
      }, PATIENT)
      assert.match(consumer.log(), /not this one/)
      consumer.kill('SIGKILL')
      await consumer.exit
    }
    await halts()
    await halts() // whoever starts it again has not repaired anything
    const { physical } = await counts(world)
    assert.ok(physical < 10 * 180, `${physical} rows are in the table`)

    await clickhouse.command(
      'ALTER TABLE mine MODIFY QUERY SELECT event_id AS id, toUInt8(0) AS no FROM events',
    )
    await using consumer = await world.startConsumer()
    const inView = async (): Promise<string> => {
      const [row] = await clickhouse.query<{ n: string }>('SELECT uniqExact(id) AS n FROM mine')
      return row?.n ?? ''
    }
    await eventually(async () => {
      assert.equal((await counts(world)).tracked, 180)
      assert.equal(await inView(), '180')
      assert.ok((await consumer.readiness()).isReady)
    }, PATIENT)
  },
)

test('no view of ours is filled by an insert; one of somebody’s is seen', async () => {
  await using world = await createWorld(stack)
  const { clickhouse, database } = world
  assert.deepEqual(await clickhouse.viewsOn('events'), [])
  await clickhouse.command(
    'CREATE MATERIALIZED VIEW theirs ENGINE = MergeTree ORDER BY event AS SELECT event FROM events',
  )
  assert.deepEqual(await clickhouse.viewsOn('events'), [{ database, name: 'theirs' }])
})

test(
  'events of more months than one block may have arrive all the same',
  { timeout: 300_000 },
  async () => {
    await using world = await createWorld(stack)
    const months = 1_163
    await world.produce(
      Array.from({ length: months }, (_, index) =>
        world.record(index, { timestamp: Date.UTC(1970, index, 15), group_id: 'one account' }),
      ),
    )
    await using consumer = await world.startConsumer({ BATCH_MAX_AGE_MS: '2000' })
    await eventually(async () => {
      assert.equal((await counts(world)).tracked, months)
    }, MOST_PATIENT)
    assert.doesNotMatch(consumer.log(), /halted/)
  },
)
