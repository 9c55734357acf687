import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { counts, createWorld, sampleEvent, type World } from './world.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

async function untilTracked(world: World, expected: number): Promise<void> {
  const tracked = async (): Promise<void> => assert.equal((await counts(world)).tracked, expected)
  await eventually(tracked, { withinMs: 60_000 }) // a dozen of them run beside each other
}

/** Takes connections and never says a word. */
async function startHangingServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly connections: () => number }
> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server's address is never a string
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => sockets.length,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

// Side by side, because most of their time is waiting for Kafka to notice a death.
void suite('delivery', { concurrency: 4 }, () => {
  test('every event arrives as it was produced, once', { timeout: 180_000 }, async () => {
    await using world = await createWorld(stack)
    await using consumer = await world.startConsumer()
    await world.produce(numbers(2_000).map((index) => world.record(index)))
    await untilTracked(world, 2_000)

    const rows = await world.clickhouse.query<Record<string, unknown>>(
      `SELECT * EXCEPT (inserted_at, email, feature_name, action, amount, kafka_partition, kafka_offset, version)
            REPLACE (toUnixTimestamp64Milli(timestamp) AS timestamp,
                     toUnixTimestamp64Milli(received_at) AS received_at,
                     toUnixTimestamp64Milli(sent_at) AS sent_at)
     FROM tracked ORDER BY received_at`,
    )
    for (const index of numbers(2_000)) {
      const event = sampleEvent(index)
      assert.deepEqual(rows[index], {
        ...event,
        timestamp: String(event.timestamp),
        received_at: String(event.received_at),
        sent_at: event.sent_at === null ? null : String(event.sent_at),
      })
    }
    assert.equal((await counts(world)).physical, 2_000)
    assert.equal(await consumer.metric('custom_events_consumed_records_total'), 2_000)
    assert.equal(await consumer.metric('custom_events_inserted_rows_total'), 2_000)
    await eventually(async () => {
      assert.equal(await consumer.metric('custom_events_lag_records'), 0)
    })
  })

  test(
    'sending an event again updates it, whichever insert comes first',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      await world.startConsumer()
      await world.produce([world.record(1), world.record(2)])
      await untilTracked(world, 2)
      await world.produce([
        world.record(1, { properties: '{"number":"changed"}', user_id: 'other' }),
      ])
      await eventually(async () => {
        const rows = await world.clickhouse.query(
          `SELECT properties, user_id FROM tracked WHERE event_id = 'event-1'`,
        )
        assert.deepEqual(rows, [{ properties: '{"number":"changed"}', user_id: 'other' }])
      })
      assert.equal((await counts(world)).tracked, 2)
    },
  )

  for (const failpoint of ['after_insert', 'after_commit', 'after_fetch'] as const) {
    test(
      `killed ${failpoint.replace('_', ' ')}: nothing lost, no row twice`,
      { timeout: 180_000 },
      async () => {
        await using world = await createWorld(stack)
        await world.produce(numbers(1_000).map((index) => world.record(index)))
        const deaths = failpoint === 'after_insert' ? 2 : 1
        for (let death = 0; death < deaths; death++) {
          const doomed = await world.startConsumer({ FAILPOINT: failpoint, BATCH_MAX_ROWS: '100' })
          assert.deepEqual(await doomed.exit, { code: null, signal: 'SIGKILL' })
        }
        await world.startConsumer()
        await untilTracked(world, 1_000)
        assert.deepEqual(await counts(world), {
          physical: 1_000,
          offsets: 1_000,
          events: 1_000,
          tracked: 1_000,
        })
      },
    )
  }

  test(
    'two consumers share; stopping one moves its share without loss',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      const first = await world.startConsumer()
      await world.produce(numbers(500).map((index) => world.record(index)))
      await untilTracked(world, 500)
      await using second = await world.startConsumer()
      await eventually(async () => assert.ok((await second.readiness()).isReady))

      for (let round = 1; round <= 8; round++) {
        await world.produce(
          numbers(250).map((index) => world.record(500 + (round - 1) * 250 + index)),
        )
        if (round === 5) first.kill('SIGTERM')
      }
      assert.deepEqual(await first.exit, { code: 0, signal: null })
      await untilTracked(world, 2_500)
      assert.equal((await counts(world)).physical, 2_500)
      assert.ok((await second.metric('custom_events_inserted_rows_total')) > 0)
    },
  )

  test(
    'a consumer that was frozen and comes back may add copies of records, and changes nothing',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      await using frozen = await world.startConsumer()
      await using awake = await world.startConsumer()
      const produce = (from: number): Promise<void> =>
        world.produce(numbers(500).map((index) => world.record(from + index)))
      for (const consumer of [frozen, awake]) {
        await eventually(async () => assert.ok((await consumer.readiness()).isReady))
      }
      await produce(0)
      for (const consumer of [frozen, awake]) {
        await eventually(async () => {
          assert.ok((await consumer.metric('custom_events_inserted_rows_total')) > 0)
        })
      }
      await produce(500)
      frozen.kill('SIGSTOP')
      await untilTracked(world, 1_000)
      frozen.kill('SIGCONT')
      await produce(1_000)
      await untilTracked(world, 1_500)
      await eventually(async () => assert.ok((await frozen.readiness()).isReady))
      const { physical, offsets, events, tracked } = await counts(world)
      assert.deepEqual(
        { offsets, events, tracked },
        { offsets: 1_500, events: 1_500, tracked: 1_500 },
      )
      // It can copy only what it had in hand when frozen, or fetched before it heard that it was expelled.
      assert.ok(physical - offsets <= 1_000, `${physical - offsets} copies`)
    },
  )

  test(
    'told to stop while ClickHouse hangs: draining, then exit 0 in time, and nothing is lost',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      await using hanging = await startHangingServer()
      await world.produce(numbers(100).map((index) => world.record(index)))
      await using consumer = await world.startConsumer({
        CLICKHOUSE_URL: hanging.url,
        SHUTDOWN_TIMEOUT_MS: '8000',
      })
      await eventually(() => assert.ok(hanging.connections() > 0))
      consumer.kill('SIGTERM')
      await eventually(async () => {
        assert.deepEqual(await consumer.readiness(), { isReady: false, reasons: ['draining'] })
      })
      assert.deepEqual(await consumer.exit, { code: 0, signal: null })
      await world.startConsumer()
      await untilTracked(world, 100)
      assert.equal((await counts(world)).physical, 100)
    },
  )

  test(
    'a committed offset that Kafka does not have halts that partition, loudly, until told otherwise',
    {
      timeout: 180_000,
    },
    async () => {
      await using world = await createWorld(stack)
      await world.produce(numbers(200).map((index) => world.record(index)))
      await world.commit({ topic: world.topics.tracked, partition: 0, offset: 1_000_000 })
      const consumer = await world.startConsumer()
      const elsewhere = numbers(200).filter((index) => world.record(index).partition !== 0).length
      await untilTracked(world, elsewhere)
      const { isReady, reasons } = await consumer.readiness()
      assert.equal(isReady, false)
      assert.match(
        reasons.join(),
        /\/0: 1000000 is committed, and the log ends at \d+: .*made anew/,
      )
      assert.equal(await consumer.metric('custom_events_partitions_out_of_range'), 1)
      assert.match(consumer.log(), /KAFKA_OUT_OF_RANGE=earliest .*\/0: 1000000 is committed/)
      consumer.kill('SIGTERM')
      assert.deepEqual(await consumer.exit, { code: 0, signal: null })
      await world.startConsumer({ KAFKA_OUT_OF_RANGE: 'earliest' })
      await untilTracked(world, 200)
    },
  )

  test(
    'what does not decode is set aside byte for byte, and visible',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      await using consumer = await world.startConsumer()
      const { key, partition, topic, value } = world.record(1)
      assert.ok(value)
      const poison = [
        [Buffer.from([0xff, 0x00, 0x01]), 'no_magic_byte'],
        [Buffer.concat([value, Buffer.from([1])]), 'trailing_bytes'],
        [value.subarray(0, value.length - 3), 'malformed_datum'],
        [null, 'tombstone'],
      ] as const
      const headers = { trace: 'abc' }
      await world.produce([
        world.record(0),
        ...poison.map(([bytes]) => ({ key, partition, topic, value: bytes, headers })),
        world.record(2),
      ])
      await untilTracked(world, 2)
      const letters = await eventually(async () => {
        const rows = await world.clickhouse.query<Record<string, unknown>>(
          `SELECT source_topic, source_partition, error_code, hex(value) AS value, value IS NULL AS is_null,
              key, headers['trace'] AS trace, stage
       FROM dead_letters FINAL ORDER BY source_offset`,
        )
        assert.equal(rows.length, poison.length)
        return rows
      })
      const expected = poison.map(([bytes, reason]) => ({
        source_topic: topic,
        source_partition: partition,
        error_code: reason,
        value: bytes?.toString('hex').toUpperCase() ?? null,
        is_null: bytes === null ? 1 : 0,
        key: key?.toString(),
        trace: 'abc',
        stage: 'decode',
      }))
      assert.deepEqual(letters, expected)
      assert.equal(
        await consumer.metric('custom_events_dead_lettered_records_total'),
        poison.length,
      )
      assert.ok((await consumer.readiness()).isReady)
    },
  )

  test(
    'a schema id that the registry does not have halts, and is set aside only when told so',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      const halted = await world.startConsumer()
      await world.produce([world.record(0)])
      await untilTracked(world, 1)
      const { key, partition, topic, value } = world.record(0)
      assert.ok(value)
      const foreign = Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), value.subarray(5)])
      await world.produce([{ key, partition, topic, value: foreign }, world.record(50)])
      await eventually(async () => {
        const { reasons } = await halted.readiness()
        const place = `${topic}/${partition}@1`
        assert.ok(
          reasons.some(
            (reason) =>
              reason.startsWith(`halted (unknown_schema): ${place}: `) &&
              reason.includes('id 2147483647') &&
              reason.includes('POISON_UNKNOWN_SCHEMA=dead_letter'),
          ),
          reasons.join(),
        )
      })
      assert.equal(await halted.metric('custom_events_halted'), 1)
      assert.equal(await halted.metric('custom_events_dead_lettered_records_total'), 0)
      halted.kill('SIGTERM')
      assert.deepEqual(await halted.exit, { code: 0, signal: null })

      await world.startConsumer({ POISON_UNKNOWN_SCHEMA: 'dead_letter' })
      await untilTracked(world, 2)
      await eventually(async () => {
        const rows = await world.clickhouse.query(
          'SELECT error_code, hex(value) AS value FROM dead_letters FINAL',
        )
        const bytes = foreign.toString('hex').toUpperCase()
        assert.deepEqual(rows, [{ error_code: 'unknown_schema', value: bytes }])
      })
    },
  )

  test(
    'rows that ClickHouse refuses are found and set aside, the rest is inserted',
    { timeout: 180_000 },
    async () => {
      await using world = await createWorld(stack)
      await world.clickhouse.command(
        `ALTER TABLE events ADD CONSTRAINT no_poison CHECK event != 'poison'`,
      )
      await world.setUp() // makes the probe table anew, with the constraint
      await world.produce(
        numbers(300).map((index) =>
          world.record(index, index % 100 === 50 ? { event: 'poison' } : {}),
        ),
      )
      await world.startConsumer()
      await untilTracked(world, 297)
      await eventually(async () => {
        const rows = await world.clickhouse.query(
          'SELECT stage, error_code, count() AS n FROM dead_letters FINAL GROUP BY ALL',
        )
        assert.deepEqual(rows, [{ stage: 'insert', error_code: '469', n: '3' }])
      })
      assert.equal((await counts(world)).physical, 297)
    },
  )
})
