// What the whole group has not read, whoever of it is there; and who is in it that should not be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
  type Consumer,
  type KafkaConfig,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const RETENTION_MS = 3_600_000
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: RETENTION_MS }
const WITHIN = { withinMs: 30_000 }

test('lag and age are of every partition, and a foreign member is named', async (t) => {
  await using stack = await servers()
  const brokers = stack.environment.KAFKA_BROKERS.split(',')
  const kafka: KafkaConfig = { brokers, clientId: 'test', isTlsEnabled: false, sasl: null }
  const name = `backlog.${Date.now()}`
  const [ours, theirs] = [`${name}.ours`, `${name}.theirs`]
  const partitionCountByTopic = { [ours]: 3, [theirs]: 2 }
  await createTopics({ kafka, partitionCountByTopic, settings, log })
  await using producer = createProducer({ kafka, partitionCountByTopic, log })
  await eventually(() => assert.equal(producer.notReadyReason, null), WITHIN)
  const produce = async (topic: string, partition: number): Promise<void> => {
    const [outcome] = await producer.produce([
      { topic, partition, key: Buffer.from('k'), value: Buffer.from('v') },
    ])
    assert.equal(outcome?.status, 'acknowledged')
  }
  const join = (topic: string): Consumer =>
    createConsumer({
      kafka,
      consumerGroup: name,
      topics: [topic],
      budget: createMemoryBudget(10_000_000),
      onOutOfRange: 'halt',
      log,
    })
  const before = Date.now()
  for (const partition of [0, 1, 1]) await produce(ours, partition)

  // It joins and commits nothing: what it was given stays unread, and it must say so of all of it.
  await using consumer = join(ours)
  const stop = new AbortController()
  t.after(() => stop.abort())
  const seen: string[] = []
  const reading = readWithoutCommitting(consumer, stop.signal, seen)
  await eventually(() => {
    const byPartition = consumer.backlog.toSorted((a, b) => a.partition - b.partition)
    assert.deepEqual(
      byPartition.map(({ lag }) => lag),
      [1, 2, 0],
    )
    for (const { lag, oldestMs, retentionMs } of byPartition) {
      assert.equal(retentionMs, RETENTION_MS)
      if (lag > 0) assert.ok(oldestMs !== null && oldestMs >= before && oldestMs <= Date.now())
    }
    assert.deepEqual([consumer.troubles, consumer.foreignMembers], [[], 0])
  }, WITHIN)

  await t.test('each reads what is its own, and both name the other', async () => {
    await using other = join(theirs)
    const theirSeen: string[] = []
    const theirReading = readWithoutCommitting(other, stop.signal, theirSeen)
    await eventually(() => {
      assert.equal(consumer.foreignMembers, 1)
      assert.deepEqual(
        [...new Set(consumer.troubles.map(({ cause }) => cause))],
        ['foreign_member'],
      )
      assert.match(consumer.troubles[0]?.text ?? '', /backlog\.\d+\.theirs.*KAFKA_CONSUMER_GROUP/)
      assert.equal(other.foreignMembers, 1)
    }, WITHIN)
    for (const partition of [0, 1]) await produce(theirs, partition)
    await produce(ours, 2)
    await eventually(() => {
      assert.deepEqual(theirSeen.toSorted(), [`${theirs}/0@0`, `${theirs}/1@0`])
      assert.ok(seen.includes(`${ours}/2@0`))
    }, WITHIN)
    await other[Symbol.asyncDispose]()
    await theirReading
    await eventually(() => assert.deepEqual(consumer.troubles, []), WITHIN)
  })
  stop.abort()
  await reading
})

/** Until it is stopped, or its member is closed. */
async function readWithoutCommitting(
  consumer: Consumer,
  signal: AbortSignal,
  seen: string[],
): Promise<void> {
  while (!signal.aborted && consumer.notReadyReason !== 'closed') {
    const event = await consumer.fetch({ maxWaitMs: 200, signal })
    if (event.kind === 'revoked') event.release()
    if (event.kind !== 'records') continue
    seen.push(...event.records.map(({ offset }) => `${event.topic}/${event.partition}@${offset}`))
  }
}
