// What becomes of large batches on their way, with a scripted broker.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createProducer } from '../producer.ts'
import type { OnSent } from '../produce-link.ts'
import type { Compression } from '../../record-batch/compression/compressor.ts'
import { recordBatchBytes } from '../../record-batch/record-batch.ts'
import type { OutgoingRecord, ProduceOutcome } from '../../records.ts'
import { startScriptedBrokers, type ProducedPart } from '../../testing/scripted-broker.fixture.ts'
import { eventually } from '../../../../../test/support/eventually.ts'

const topic = 't'
const MESSAGE_TOO_LARGE = 10
const UNSUPPORTED_COMPRESSION_TYPE = 76
const [NONE, GZIP, ZSTD] = [0, 1, 4]

interface Wanted {
  readonly compression?: Compression
  /** The last version of produce requests that the broker speaks. */
  readonly max?: number
  readonly maxMessageBytes?: number | null
}

async function open(
  resources: AsyncDisposableStack,
  { compression = 'zstd', max = 7, maxMessageBytes = null }: Wanted = {},
) {
  const produceVersions = { min: 3, max }
  const brokers = await startScriptedBrokers(1, { topic, produceVersions, metadataVersion: 8 })
  const [broker] = brokers
  assert.ok(broker)
  resources.use(broker)
  broker.maxMessageBytes = maxMessageBytes
  const lines: string[] = []
  const sent: Parameters<OnSent>[0][] = []
  const producer = resources.use(
    createProducer({
      kafka: { brokers: [broker.url], clientId: 'test', isTlsEnabled: false, sasl: null },
      partitionCountByTopic: { [topic]: 2 },
      compression,
      onSent: (each) => sent.push(each),
      log: createLogger(
        { service: 'test', level: 'info' },
        { write: (line) => void lines.push(line) },
      ),
    }),
  )
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const parts = (): readonly ProducedPart[] => broker.requests.flat()
  const codecs = () => parts().map(({ codec }) => codec)
  return { producer, broker, lines, sent, parts, codecs }
}

/** As alike as events are. */
const records = (count: number, partition = 0): readonly OutgoingRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    topic,
    partition,
    key: Buffer.from(`account_${index % 7}`),
    value: Buffer.from(
      `{"event":"page_viewed","user_id":"user_${index}","path":"/reports/${index}"}`,
    ),
  }))

const statuses = (outcomes: readonly ProduceOutcome[]) => [
  ...new Set(outcomes.map(({ status }) => status)),
]
const ACKNOWLEDGED = ['acknowledged']
/** Some 90 KB in one batch. */
const LARGE = records(900)

for (const [compression, codec] of [
  ['zstd', ZSTD],
  ['gzip', GZIP],
  ['none', NONE],
] as const) {
  test(`${compression}: a batch of 16 KiB is compressed, a smaller one and one of noise are not`, async () => {
    await using resources = new AsyncDisposableStack()
    const { producer, parts, sent } = await open(resources, { compression })
    const noise = [{ topic, partition: 0, key: null, value: randomBytes(40_000) }]
    for (const batch of [LARGE, records(20), noise]) {
      assert.deepEqual(statuses(await producer.produce(batch)), ACKNOWLEDGED)
    }
    assert.deepEqual(
      parts().map((part) => [part.codec, part.records]),
      [
        [codec, 900],
        [NONE, 20],
        [NONE, 1],
      ],
    )
    const plain = recordBatchBytes(LARGE)
    const [first] = parts()
    if (codec === NONE) assert.equal(first?.bytes, plain)
    else assert.ok((first?.bytes ?? Infinity) < plain / 4, `${first?.bytes} of ${plain} bytes`)
    const saved = sent.map((each) => each.plainBytes - each.bytes)
    assert.deepEqual(saved, [plain - (first?.bytes ?? 0), 0, 0], 'what was saved is told')
    assert.deepEqual(
      sent.map((each) => [each.compressed, each.plain]),
      [codec === NONE ? [0, 1] : [1, 0], [0, 1], [0, 1]],
    )
  })
}

test('a broker from before Kafka 2.1 gets no zstd, which it would refuse; gzip it has always known', async () => {
  for (const [compression, codec] of [
    ['zstd', NONE],
    ['gzip', GZIP],
  ] as const) {
    await using resources = new AsyncDisposableStack()
    const { producer, codecs } = await open(resources, { compression, max: 6 })
    assert.deepEqual(statuses(await producer.produce(LARGE)), ACKNOWLEDGED)
    assert.deepEqual(codecs(), [codec])
  }
})

test('a broker that refuses the codec gets the same batches plain, at once, and none compressed again', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker, codecs, lines } = await open(resources)
  broker.answer = (parts) =>
    new Map(parts.map((part) => [part, part.codec === ZSTD ? UNSUPPORTED_COMPRESSION_TYPE : 0]))
  const both = [...records(300), ...records(5, 1)]
  assert.deepEqual(statuses(await producer.produce(both)), ACKNOWLEDGED)
  assert.deepEqual(codecs(), [ZSTD, NONE, NONE], 'what was taken is not sent again')
  assert.deepEqual(statuses(await producer.produce(LARGE)), ACKNOWLEDGED)
  assert.deepEqual(codecs(), [ZSTD, NONE, NONE, NONE])
  const told = lines.filter((line) => line.includes('refuses the codec'))
  assert.equal(told.length, 1, lines.join(''))
  assert.match(String(told), /KAFKA_COMPRESSION.*runbook/)
})

test('a compressed batch that is too large for its topic is split until it fits', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker, parts } = await open(resources)
  const LIMIT = 2_000
  broker.answer = (all) =>
    new Map(all.map((part) => [part, part.bytes > LIMIT ? MESSAGE_TOO_LARGE : 0]))
  assert.deepEqual(statuses(await producer.produce(LARGE)), ACKNOWLEDGED)
  const kept = parts().filter(({ bytes }) => bytes <= LIMIT)
  assert.equal(
    kept.reduce((sum, { records: count }) => sum + count, 0),
    LARGE.length,
  )
})

test('a batch has at most the bytes of its topic before it is compressed, too', async () => {
  await using resources = new AsyncDisposableStack()
  const maxMessageBytes = 30_000
  const { producer, broker, parts } = await open(resources, { maxMessageBytes })
  broker.answer = (all) => new Map(all.map((part) => [part, 0]))
  assert.deepEqual(statuses(await producer.produce(LARGE)), ACKNOWLEDGED)
  assert.ok(parts().length > 2, 'a topic that stores them plain, by its own setting, takes each')
  const counts = parts().map(({ records: count }) => count)
  for (const count of counts) assert.ok(recordBatchBytes(LARGE.slice(0, count)) <= maxMessageBytes)
})
