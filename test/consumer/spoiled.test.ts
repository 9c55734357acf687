// What somebody does to the table while events come in: nothing is lost, nothing is made in silence.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clickhouseHeaders } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { counts, createWorld } from './world.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

/** A halt looks again after up to half a minute. */
const waiting = { withinMs: 90_000 }

test('a table that is spoiled and put right again', { timeout: 500_000 }, async (t) => {
  await using world = await createWorld(stack)
  await using consumer = await world.startConsumer()
  let produced = 0
  const produce = async (): Promise<void> => {
    await world.produce(Array.from({ length: 200 }, (_, index) => world.record(produced + index)))
    produced += 200
  }
  const untilTracked = (expected: number): Promise<void> =>
    eventually(async () => assert.equal((await counts(world)).tracked, expected), waiting)
  const untilReason = (reason: RegExp): Promise<void> =>
    eventually(async () => {
      assert.match((await consumer.readiness()).reasons.join(), reason)
    }, waiting)
  const command = (sql: string): Promise<void> => world.clickhouse.command(sql)
  await produce()
  await untilTracked(produced)

  await t.test('a column that is gone halts the consumer, and its return is enough', async () => {
    await command('ALTER TABLE events RENAME COLUMN source TO source_away')
    await produce()
    await untilReason(/halted \(schema\)/)
    await command('ALTER TABLE events RENAME COLUMN source_away TO source')
    await untilTracked(produced)
  })

  await t.test('too many parts: it goes on trying until they are merged', async () => {
    await command('SYSTEM STOP MERGES events')
    const limit = 'parts_to_delay_insert = 1, parts_to_throw_insert = 1'
    await command(`ALTER TABLE events MODIFY SETTING ${limit}`)
    await produce()
    await untilReason(/retrying \(too_many_parts\)/)
    await command('ALTER TABLE events RESET SETTING parts_to_delay_insert, parts_to_throw_insert')
    await command('SYSTEM START MERGES events')
    await untilTracked(produced)
    const { physical, offsets } = await counts(world)
    assert.equal(physical, offsets, 'no record is there twice')
  })

  await t.test(
    'a database that is gone is not made again; after setup the rest arrives',
    async () => {
      await command(`DROP DATABASE ${world.database}`)
      await produce()
      await untilReason(/halted \(schema\)/)
      const answer = await fetch(stack.environment.CLICKHOUSE_URL, {
        method: 'POST',
        headers: clickhouseHeaders(stack.environment),
        body: `SELECT count() FROM system.databases WHERE name = '${world.database}'`,
      })
      assert.equal(await answer.text(), '0\n', 'nobody has made it in silence')
      assert.equal(await consumer.metric('custom_events_halted'), 1)
      await world.setUp()
      // What was committed before went with the database; what came after it did not.
      await untilTracked(200)
    },
  )
})
