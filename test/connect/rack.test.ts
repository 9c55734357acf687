// KAFKA_CLIENT_RACK: records come from the replica in our rack, and from the leader when that is away.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { freePort, readKafkaMetadata, startKafka } from '@custom-events/embedded'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
} from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { kafkaOf, log, record } from './support.ts'

const TOPIC = 'rack'
const BROKERS = [1, 2, 3]
const RECORDS = 200
const value = 'x'.repeat(10_000)

/** Counts what comes from each broker. */
async function countingListeners() {
  const bytesOf = new Map(BROKERS.map((broker) => [broker, 0]))
  const listeners = await Promise.all(
    BROKERS.map(async (broker) => {
      const port = await freePort()
      const counting = createServer((client) => {
        const to = connect(port, '127.0.0.1')
        client.pipe(to).pipe(client)
        to.on('data', ({ length }) => bytesOf.set(broker, (bytesOf.get(broker) ?? 0) + length))
        for (const [each, other] of [
          [client, to],
          [to, client],
        ] as const) {
          each.on('error', () => {}).on('close', () => other.destroy())
        }
      }).listen(0, '127.0.0.1')
      await once(counting, 'listening')
      counting.unref()
      const address = counting.address()
      assert.ok(address !== null && typeof address === 'object')
      return { name: 'COUNTED', broker, port, advertisedPort: address.port }
    }),
  )
  return { listeners, bytesOf }
}

test('records are read from the replica in our rack, and from the leader when it is away', async () => {
  const { listeners, bytesOf } = await countingListeners()
  await using server = await startKafka({ brokers: 3, kafkaListeners: listeners })
  const direct = kafkaOf({ KAFKA_BROKERS: server.environment.KAFKA_BROKERS })
  const settings = { replicationFactor: 3, minInsyncReplicas: 2, retentionMs: 3_600_000 }
  const partitionCountByTopic = { [TOPIC]: 1 }
  await createTopics({ kafka: direct, partitionCountByTopic, settings, log })
  await using producer = createProducer({ kafka: direct, partitionCountByTopic, log })
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const produce = async (): Promise<void> => {
    const records = Array.from({ length: RECORDS }, () => record(TOPIC, value))
    for (const outcome of await producer.produce(records))
      assert.equal(outcome.status, 'acknowledged')
  }

  const port = Number(server.environment.KAFKA_BROKERS.split(',')[0]?.split(':')[1])
  const leader = await eventually(async () => {
    const { partitions } = await readKafkaMetadata(port, true)
    const found = partitions.find(({ topic }) => topic === TOPIC)?.leader
    assert.ok(found !== undefined && found > 0)
    return found
  })
  const follower = BROKERS.find((broker) => broker !== leader) ?? 0
  const counted = listeners.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`).join()
  await using consumer = createConsumer({
    kafka: kafkaOf({ KAFKA_BROKERS: counted, KAFKA_CLIENT_RACK: `rack-${follower}` }),
    consumerGroup: TOPIC,
    topics: [TOPIC],
    budget: createMemoryBudget(100_000_000),
    onOutOfRange: 'halt',
    log,
  })
  let read = 0
  const stop = new AbortController()
  const reading = (async () => {
    while (!stop.signal.aborted) {
      const event = await consumer.fetch({ maxWaitMs: 200, signal: stop.signal })
      if (event.kind === 'revoked') event.release()
      if (event.kind === 'records') read += event.records.length
    }
  })()

  await produce()
  await eventually(() => assert.equal(read, RECORDS))
  await delay(600) // the leader has told where to read by then
  const before = new Map(bytesOf)
  await produce()
  await eventually(() => assert.equal(read, 2 * RECORDS))
  const grown = (broker: number): number => (bytesOf.get(broker) ?? 0) - (before.get(broker) ?? 0)
  assert.ok(
    grown(follower) > 0.9 * RECORDS * value.length,
    `${grown(follower)} bytes of the follower`,
  )
  assert.ok(grown(leader) < 0.1 * RECORDS * value.length, `${grown(leader)} bytes of the leader`)

  await server.brokers[follower - 1]?.stop()
  await eventually(() => assert.equal(producer.notReadyReason, null))
  await produce()
  await eventually(() => assert.equal(read, 3 * RECORDS), { withinMs: 30_000 })
  assert.deepEqual(consumer.troubles, [])
  stop.abort()
  await reading
})
