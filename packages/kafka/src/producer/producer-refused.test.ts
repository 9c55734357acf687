// What Kafka says no to for good, and what a producer makes of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createProducer } from './producer.ts'
import { recordBatchBytes } from '../record-batch/record-batch.ts'
import type { ProduceFailure, ProduceOutcome } from '../records.ts'
import {
  startScriptedBrokers,
  type ProducedPart,
  type ScriptedBroker,
} from '../testing/scripted-broker.fixture.ts'
import { eventually } from '../../../../test/support/eventually.ts'

const topic = 't'
const MESSAGE_TOO_LARGE = 10
const TOPIC_AUTHORIZATION_FAILED = 29
const INVALID_RECORD = 87
const NOBODY_KNOWS = 999

const NO_SCRIPT: (broker: ScriptedBroker) => void = () => {}

async function open(
  resources: AsyncDisposableStack,
  { brokers: count = 1, metadataVersion = 8, isSide = false, script = NO_SCRIPT } = {},
) {
  const produceVersions = { min: 3, max: 11 }
  const brokers = await startScriptedBrokers(count, { topic, produceVersions, metadataVersion })
  for (const broker of brokers) {
    resources.use(broker)
    script(broker)
  }
  const [broker] = brokers
  assert.ok(broker)
  const lines: string[] = []
  const failures: ProduceFailure[] = []
  const write = (line: string) => void lines.push(line)
  const producer = resources.use(
    createProducer({
      kafka: { brokers: [broker.url], clientId: 'test', isTlsEnabled: false, sasl: null },
      partitionCountByTopic: { [topic]: 2 },
      sideTopics: isSide ? [topic] : [],
      log: createLogger({ service: 'test', level: 'info' }, { write }),
      onFailure: (failure) => failures.push(failure),
    }),
  )
  return { producer, broker, lines, failures }
}

const record = (partition: number, bytes = 1) => ({
  topic,
  partition,
  key: null,
  value: Buffer.alloc(bytes, 'x'),
})

const told = (outcomes: readonly ProduceOutcome[]) =>
  outcomes.map((each) => (each.status === 'acknowledged' ? 'kept' : each.reason))

/** As a broker with this limit. */
const taking =
  (maxBytes: number) =>
  (parts: readonly ProducedPart[]): ReadonlyMap<ProducedPart, number> =>
    new Map(parts.map((part) => [part, part.bytes > maxBytes ? MESSAGE_TOO_LARGE : 0]))

test('a producer that may not write is not ready before anything is produced, and says what is missing', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker, lines } = await open(resources, {
    script: (each) => (each.mayWrite = false),
  })
  await eventually(() => assert.match(producer.notReadyReason ?? '', /WRITE on topic t: .*TOPIC_A/))
  assert.deepEqual(told(await producer.produce([record(0)])), ['kafka_unavailable'])
  assert.deepEqual(broker.requests, [])
  assert.equal(lines.filter((line) => line.includes('TOPIC_AUTHORIZATION_FAILED')).length, 1)
  broker.mayWrite = true
  await eventually(() => assert.equal(producer.notReadyReason, null))
  assert.deepEqual(told(await producer.produce([record(0)])), ['kept'])
  assert.ok(lines.some((line) => line.includes('takes again')))
})

test('a right that is taken away is named at the first refusal, and its return is noticed', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker, failures } = await open(resources)
  await eventually(() => assert.equal(producer.notReadyReason, null))
  broker.mayWrite = false
  broker.answer = (parts) => new Map(parts.map((part) => [part, TOPIC_AUTHORIZATION_FAILED]))
  const [outcome] = await producer.produce([record(0)])
  assert.ok(outcome?.status === 'unacknowledged')
  assert.deepEqual(
    [outcome.failure?.class, outcome.failure?.code],
    ['permanent', 'TOPIC_AUTHORIZATION_FAILED'],
  )
  assert.match(producer.notReadyReason ?? '', /TOPIC_AUTHORIZATION_FAILED/)
  assert.equal(failures.length, 1, 'it was not repeated')
  broker.mayWrite = true
  broker.answer = taking(Infinity)
  await eventually(() => assert.equal(producer.notReadyReason, null))
})

test('what may not be written to a side topic is told, and does not keep others from being produced', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer } = await open(resources, {
    isSide: true,
    script: (each) => (each.mayWrite = false),
  })
  await eventually(() => assert.equal(producer.troubles.length, 1))
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const [trouble] = producer.troubles
  assert.deepEqual([trouble?.topic, trouble?.isPermanent], [topic, true])
})

test('a batch that is too large is halved until what can be taken is taken, in its order', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker } = await open(resources)
  await eventually(() => assert.equal(producer.notReadyReason, null))
  broker.answer = taking(2_000)
  const records = Array.from({ length: 40 }, (_, n) => record(0, n === 17 ? 3_000 : 300))
  const outcomes = await producer.produce(records)
  const expected = records.map((_, n) => (n === 17 ? 'record_too_large' : 'kept'))
  assert.deepEqual(told(outcomes), expected)
  const offsets = outcomes.flatMap((each) => (each.status === 'acknowledged' ? each.offset : []))
  assert.deepEqual(
    offsets,
    offsets.toSorted((a, b) => a - b),
  )
  assert.equal(producer.bufferedBytes, 0)
  assert.equal(producer.maxBatchBytes(topic), recordBatchBytes([record(0, 3_000)]) - 1)
  const before = broker.requests.length
  assert.deepEqual(told(await producer.produce([record(0, 3_000)])), ['record_too_large'])
  assert.equal(broker.requests.length, before, 'what is known is not asked again')
})

test('the limit of the topic is read before anything is produced, and batches are made to fit', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker } = await open(resources, {
    script: (each) => (each.maxMessageBytes = 2_000),
  })
  await eventually(() => assert.equal(producer.maxBatchBytes(topic), 2_000))
  await eventually(() => assert.equal(producer.notReadyReason, null))
  broker.answer = taking(2_000)
  const fits = 2_000 - recordBatchBytes([record(0, 0)]) - 2 // its length takes three bytes, not one
  assert.equal(recordBatchBytes([record(0, fits)]), 2_000)
  const calls = [
    producer.produce(Array.from({ length: 50 }, () => record(0, 300))),
    producer.produce([record(1, fits), record(1, fits + 1), record(1, 1)]),
  ]
  const [many, edge] = await Promise.all(calls)
  assert.ok(many?.every(({ status }) => status === 'acknowledged'))
  assert.deepEqual(told(edge ?? []), ['kept', 'record_too_large', 'kept'])
  for (const { bytes } of broker.requests.flat()) assert.ok(bytes <= 2_000, `${bytes}`)
})

test('of records that one of a batch makes Kafka refuse, only that one is refused', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker } = await open(resources)
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const bad = recordBatchBytes([record(0, 77)])
  broker.answer = (parts) =>
    new Map(
      parts.map((part) => {
        const isBad = part.records > 1 || part.bytes === bad
        return [part, isBad ? INVALID_RECORD : 0]
      }),
    )
  const outcomes = await producer.produce([1, 1, 77, 1, 1].map((bytes) => record(0, bytes)))
  assert.deepEqual(told(outcomes), ['kept', 'kept', 'kafka_unavailable', 'kept', 'kept'])
})

test('an error that nobody has decided about is tried a few times, then told', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker } = await open(resources)
  await eventually(() => assert.equal(producer.notReadyReason, null))
  broker.answer = (parts) => new Map(parts.map((part) => [part, NOBODY_KNOWS]))
  const [outcome] = await producer.produce([record(0)])
  assert.ok(outcome?.status === 'unacknowledged')
  assert.equal(outcome.failure?.class, 'unknown')
  assert.equal(broker.requests.length, 4)
  assert.match(producer.notReadyReason ?? '', /999/)
})

test('a partition without a leader is named, and those of others go on', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker } = await open(resources, { script: (each) => (each.leaders = [1, -1]) })
  await eventually(() => assert.equal(producer.notReadyReason, null))
  assert.deepEqual(told(await producer.produce([record(0)])), ['kept'])
  const [trouble] = producer.troubles
  assert.deepEqual([trouble?.code, trouble?.partitions], ['LEADER_NOT_AVAILABLE', [1]])
  const pending = producer.produce([record(1)])
  assert.deepEqual(told(await producer.produce([record(0)])), ['kept'])
  broker.leaders = [1, 1]
  assert.deepEqual(told(await pending), ['kept'], 'the new leader was found meanwhile')
  await eventually(() => assert.deepEqual(producer.troubles, []))
})

test('without any leader the producer is not ready', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, broker } = await open(resources, {
    script: (each) => (each.leaders = [-1, -1]),
  })
  await eventually(() => assert.match(producer.notReadyReason ?? '', /every partition of topic t/))
  broker.leaders = [1, 1]
  await eventually(() => assert.equal(producer.notReadyReason, null))
})
