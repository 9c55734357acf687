// Large batches through a real broker, which looks into every one of them before it acknowledges it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createOperator, createProducer, type OnSent } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import { kafkaAt, makeTopics, post, readRecords, startIngest } from './support.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const EVENTS = 1_000
/** One body of some 300 KB, of one account: two batches of one partition. */
const body = JSON.stringify(
  Array.from({ length: EVENTS }, (_, index) => ({
    event: 'page_viewed',
    event_id: randomUUID(),
    group_id: 'account_1',
    user_id: `user_${(index * 7_919) % 50_000}`,
    timestamp: new Date(1_700_000_000_000 + index).toISOString(),
    properties: { path: `/reports/${index % 97}`, duration_ms: index, plan: 'enterprise' },
    context: { locale: 'en-GB', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' },
  })),
)

for (const [compression, atMost] of [
  [undefined, 80],
  ['gzip', 100],
  ['none', Infinity],
] as const) {
  const name = compression ?? 'by default'
  test(`${name}: a thousand events become what they were, in as few bytes as is told`, async () => {
    await using stack = await servers()
    const { KAFKA_BROKERS: brokers } = stack.environment
    const topics = await makeTopics(brokers)
    const setting = compression === undefined ? {} : { KAFKA_COMPRESSION: compression }
    const environment = { ...stack.environment, KAFKA_TOPIC: topics.tracked, ...setting }
    await using ingest = await startIngest(environment)
    await ingest.whenReady()

    const { status, body: answer } = await post(ingest.url, body)
    assert.deepEqual([status, answer.accepted], [200, EVENTS])
    const records = await readRecords(brokers, topics.tracked, EVENTS)
    const text = (index: number): string => String(records[index]?.value)
    assert.equal(records.length, EVENTS)
    for (const index of records.keys())
      assert.match(text(index), new RegExp(`"duration_ms":${index},`))

    const metrics = await (await fetch(`${ingest.opsUrl}/metrics`)).text()
    const of = (series: string): number =>
      Number(new RegExp(`^custom_events_${series} (\\d+)$`, 'm').exec(metrics)?.[1])
    const plain = of('produce_bytes_total{as="plain"}')
    const sent = of('produce_bytes_total{as="sent"}')
    assert.ok(plain / EVENTS > 200, `${plain / EVENTS} bytes a record before`)
    if (compression === 'none') assert.equal(sent, plain)
    else assert.ok(sent / EVENTS < atMost, `${sent / EVENTS} bytes a record`)
    const isCompressed = of('produce_batches_total{compressed="yes"}') > 0
    assert.equal(isCompressed, compression !== 'none')
  })
}

test('a topic that stores otherwise, and the largest record that a topic takes, are read all the same', async () => {
  await using stack = await servers()
  const { KAFKA_BROKERS: brokers } = stack.environment
  const { tracked: topic } = await makeTopics(brokers, 1)
  const kafka = kafkaAt(brokers)
  const sent: Parameters<OnSent>[0][] = []
  await using producer = createProducer({
    kafka,
    partitionCountByTopic: { [topic]: 1 },
    compression: 'zstd',
    onSent: (each) => sent.push(each),
    log,
  })
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const operator = createOperator(kafka, log)
  const expected: Buffer[] = []
  for (const stored of ['producer', 'uncompressed', 'lz4', 'gzip']) {
    await operator.setTopic(topic, { 'compression.type': stored })
    const values = [
      ...Array.from({ length: 500 }, (_, index) =>
        Buffer.from(`${stored} event ${index} of a user`),
      ),
      Buffer.alloc(2_097_000, `${stored} again and again `),
    ]
    const outcomes = await producer.produce(
      values.map((value) => ({ topic, partition: 0, key: null, value })),
    )
    assert.ok(
      outcomes.every(({ status }) => status === 'acknowledged'),
      stored,
    )
    expected.push(...values)
  }
  assert.ok(sent.some(({ compressed }) => compressed > 0))
  const records = await readRecords(brokers, topic, expected.length)
  assert.deepEqual(
    records.map(({ offset }) => offset),
    expected.map((_, offset) => offset),
  )
  for (const [index, { value }] of records.entries())
    assert.ok(expected[index]?.equals(value ?? NONE))
})

const NONE = Buffer.alloc(0)
