// What keeps records from being read is told and costs only what it is about; on a Kafka that asks for rights.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startKafka, type KafkaUser } from '@custom-events/embedded'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
  kafkaConfigFrom,
  type Consumer,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }
const TOPICS = ['stuck.a', 'stuck.b', 'stuck.c']
const GROUP = 'stuck'
const WITHIN = { withinMs: 30_000 }

test('what is denied or missing is named within 30 s, and the other topics go on', async (t) => {
  await using server = await startKafka({ secure: true })
  const { secure } = server
  assert.ok(secure !== null)
  const admin = kafkaOf(secure.admin)
  const partitionCountByTopic = Object.fromEntries(TOPICS.map((topic) => [topic, 2]))
  await createTopics({ kafka: admin, partitionCountByTopic, settings, log })
  await using producer = createProducer({ kafka: admin, partitionCountByTopic, log })
  await eventually(() => assert.equal(producer.notReadyReason, null), WITHIN)
  const read = (topic: string) => ({ resource: 'topic', name: topic, operation: 'read' }) as const
  const see = (topic: string) =>
    ({ resource: 'topic', name: topic, operation: 'describe' }) as const
  const join = { resource: 'group', name: GROUP, operation: 'read' } as const
  const user = await secure.makeUser('reader', [
    join,
    ...TOPICS.flatMap((each) => [read(each), see(each)]),
  ])

  await using consumer = createConsumer({
    kafka: kafkaOf(user.environment),
    consumerGroup: GROUP,
    topics: TOPICS,
    budget: createMemoryBudget(10_000_000),
    onOutOfRange: 'halt',
    log,
  })
  const seen = new Map<string, number>()
  const stop = new AbortController()
  const reading = readAll(consumer, stop.signal, seen)
  t.after(() => stop.abort())
  const produce = async (topic: string): Promise<void> => {
    const outcomes = await producer.produce(
      [0, 1].map((partition) => ({
        topic,
        partition,
        key: Buffer.from('k'),
        value: Buffer.from('v'),
      })),
    )
    assert.deepEqual([...new Set(outcomes.map(({ status }) => status))], ['acknowledged'])
  }
  const isRead = async (topic: string): Promise<void> => {
    const before = seen.get(topic) ?? 0
    await produce(topic)
    await eventually(() => assert.equal(seen.get(topic), before + 2), WITHIN)
  }
  const toldCodes = () => [
    ...new Set(consumer.troubles.map(({ topic, code }) => `${topic} ${code}`)),
  ]

  for (const topic of TOPICS) await isRead(topic)
  assert.deepEqual(consumer.troubles, [])

  await t.test('READ is taken from one topic of three', async () => {
    await user.withdraw(read('stuck.b'))
    await produce('stuck.b')
    await eventually(
      () => assert.deepEqual(toldCodes(), ['stuck.b TOPIC_AUTHORIZATION_FAILED']),
      WITHIN,
    )
    assert.match(consumer.troubles[0]?.text ?? '', /stuck\.b\/\d at offset [12]: .*grant/)
    await isRead('stuck.a')
    await isRead('stuck.c')
    await user.allow(read('stuck.b'))
    await eventually(() => assert.deepEqual(consumer.troubles, []), WITHIN)
    await eventually(() => assert.equal(seen.get('stuck.b'), 4), WITHIN)
  })

  await t.test('a topic may not even be seen', async () => {
    await user.withdraw(read('stuck.c'), see('stuck.c'))
    await eventually(() => assert.match(toldCodes().join(), /stuck\.c TOPIC_AUTH/), WITHIN)
    await isRead('stuck.a')
    await user.allow(read('stuck.c'), see('stuck.c'))
    await eventually(() => assert.deepEqual(consumer.troubles, []), WITHIN)
    await isRead('stuck.c')
  })

  await t.test('the group is taken away', async () => {
    await user.withdraw(join)
    await eventually(() => {
      assert.match(toldCodes().join(), /null GROUP_AUTHORIZATION_FAILED/)
      assert.match(consumer.notReadyReason ?? '', /consumer group stuck: .*grant READ on the/)
    }, WITHIN)
    await user.allow(join)
    await eventually(() => assert.equal(consumer.notReadyReason, null), WITHIN)
    await isRead('stuck.a')
    assert.deepEqual(consumer.troubles, [])
  })
  stop.abort()
  await reading
})

async function readAll(
  consumer: Consumer,
  signal: AbortSignal,
  seen: Map<string, number>,
): Promise<void> {
  while (!signal.aborted) {
    const event = await consumer.fetch({ maxWaitMs: 200, signal })
    if (event.kind === 'revoked') event.release()
    if (event.kind !== 'records') continue
    seen.set(event.topic, (seen.get(event.topic) ?? 0) + event.records.length)
    const { topic, partition, next } = event
    await consumer.commit(event.epoch, [{ topic, partition, offset: next }])
  }
}

function kafkaOf(environment: KafkaUser['environment']) {
  return kafkaConfigFrom({
    KAFKA_BROKERS: environment.KAFKA_BROKERS.split(','),
    KAFKA_CLIENT_ID: 'test',
    KAFKA_TLS_ENABLED: false,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: environment.KAFKA_SASL_USERNAME,
    KAFKA_SASL_PASSWORD: environment.KAFKA_SASL_PASSWORD,
  })
}
