import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createProducer } from './producer.ts'
import type { ProduceOutcome } from '../records.ts'
import {
  acknowledged,
  startScriptedBrokers,
  type ProducedPart,
  type ScriptedBroker,
} from '../testing/scripted-broker.fixture.ts'
import { eventually } from '../../../../test/support/eventually.ts'

const topic = 't'
const produceVersions = { min: 3, max: 11 } // as Apache Kafka 4
const UNACKNOWLEDGED = ['kafka_unavailable', undefined]
const NOT_LEADER = 6
const INVALID_TIMESTAMP = 32
const NOT_ENOUGH_REPLICAS = 19

async function open(
  resources: AsyncDisposableStack,
  {
    brokers: count = 1,
    versions = produceVersions,
    deliveryTimeoutMs = 5_000,
    maxBufferedBytes = 64 * 1_024 ** 2,
  } = {},
) {
  const brokers = await startScriptedBrokers(count, { topic, produceVersions: versions })
  for (const broker of brokers) resources.use(broker)
  const [first, second] = brokers
  assert.ok(first)
  const producer = resources.use(
    createProducer({
      kafka: { brokers: [first.url], clientId: 'test', isTlsEnabled: false, sasl: null },
      partitionCountByTopic: { [topic]: 2 },
      log: createLogger({ service: 'test', level: 'silent' }),
      deliveryTimeoutMs,
      maxBufferedBytes,
    }),
  )
  await eventually(() => assert.equal(producer.notReadyReason, null))
  return { producer, first, second: second ?? first }
}

const record = (partition: number) => ({ topic, partition, key: null, value: Buffer.from('x') })

/** Answers one partition with this error code as long as `isBad` says so, the others well. */
const failing = (partition: number, code: number, isBad = () => true) => {
  return (parts: readonly ProducedPart[]) =>
    new Map(parts.map((part) => [part, part.partition === partition && isBad() ? code : 0]))
}

const partitionsOf = ({ requests }: ScriptedBroker): readonly (readonly number[])[] =>
  requests.map((parts) => parts.map(({ partition }) => partition))

/** Why each was not acknowledged, with Kafka's name of it; `null`: it was. */
const reasons = (outcomes: readonly ProduceOutcome[]) =>
  outcomes.map((each) =>
    each.status === 'acknowledged' ? null : [each.reason, each.failure?.code],
  )

const statuses = (outcomes: readonly ProduceOutcome[]) => outcomes.map(({ status }) => status)

test('a partition whose leader has moved is sent to the new one; the others are not sent again', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first, second } = await open(resources, { brokers: 2 })
  first.answer = failing(1, NOT_LEADER)
  first.leaders = second.leaders = [1, 2]
  const outcomes = await producer.produce([record(0), record(1), record(1)])
  assert.deepEqual(statuses(outcomes), ['acknowledged', 'acknowledged', 'acknowledged'])
  assert.deepEqual(partitionsOf(first), [[0, 1]])
  assert.deepEqual(partitionsOf(second), [[1]])
  await producer.produce([record(0), record(1)])
  assert.deepEqual(partitionsOf(first)[1], [0], 'from now on each goes to its leader')
  assert.deepEqual(partitionsOf(second)[1], [1])
})

test('too few replicas: that partition alone is repeated, until its time is over', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources, { deliveryTimeoutMs: 1_200 })
  first.answer = failing(1, NOT_ENOUGH_REPLICAS)
  const startedAt = performance.now()
  const [good, bad] = await Promise.all([
    producer.produce([record(0)]),
    producer.produce([record(1)]),
  ])
  assert.ok(performance.now() - startedAt < 3_000)
  assert.deepEqual(statuses(good), ['acknowledged'])
  assert.deepEqual(reasons(bad), [['kafka_unavailable', 'NOT_ENOUGH_REPLICAS']])
  await eventually(() => assert.equal(producer.bufferedBytes, 0))
  const [together, ...apart] = partitionsOf(first)
  assert.deepEqual(together, [0, 1])
  assert.ok(apart.length > 0)
  for (const partitions of apart) assert.deepEqual(partitions, [1])
  first.answer = acknowledged
  assert.deepEqual(statuses(await producer.produce([record(1)])), ['acknowledged'], 'it goes on')
})

test('records that are refused for what they are are not repeated, and their partition goes on', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources)
  first.answer = failing(0, INVALID_TIMESTAMP)
  assert.deepEqual(reasons(await producer.produce([record(0)])), [
    ['kafka_unavailable', 'INVALID_TIMESTAMP'],
  ])
  first.answer = acknowledged
  assert.deepEqual(statuses(await producer.produce([record(0)])), ['acknowledged'])
  assert.equal(first.requests.length, 2)
})

test('what the answer does not name is not acknowledged', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources, { deliveryTimeoutMs: 300 })
  first.answer = (parts) => new Map(parts.slice(0, 1).map((part) => [part, 0]))
  const outcomes = await producer.produce([record(0), record(1)])
  assert.deepEqual(statuses(outcomes), ['acknowledged', 'acknowledged'], 'it was sent again')
  first.answer = () => new Map()
  assert.deepEqual(reasons(await producer.produce([record(0)])), [
    ['kafka_unavailable', 'NETWORK_EXCEPTION'],
  ])
})

test('a partition has one request unacknowledged: what is repeated is never overtaken', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources)
  let failures = 3
  first.answer = failing(0, NOT_ENOUGH_REPLICAS, () => failures-- > 0)
  const one = producer.produce([record(0)])
  await eventually(() => assert.equal(first.requests.length, 1))
  const two = producer.produce([record(0), record(0)])
  const outcomes = [...(await one), ...(await two)]
  assert.deepEqual(statuses(outcomes), ['acknowledged', 'acknowledged', 'acknowledged'])
  assert.deepEqual(
    first.requests.flat().map(({ records }) => records),
    [1, 1, 1, 1, 2],
  )
})

test('a broker that says nothing costs its records their time, and nothing is sent behind them', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources, { deliveryTimeoutMs: 300 })
  first.answer = () => 'hang'
  assert.deepEqual(reasons(await producer.produce([record(0)])), [UNACKNOWLEDGED])
  assert.deepEqual(reasons(await producer.produce([record(0)])), [UNACKNOWLEDGED])
  assert.equal(first.requests.length, 1)
})

test('a producer that is closed does not wait for a broker that says nothing', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources, { deliveryTimeoutMs: 300 })
  first.answer = () => 'hang'
  const last = producer.produce([record(0)])
  await eventually(() => assert.equal(first.requests.length, 1))
  const closedAt = performance.now()
  await producer[Symbol.asyncDispose]()
  assert.ok(performance.now() - closedAt < 3_500, 'kafkajs would wait for 4 s')
  assert.deepEqual(reasons(await last), [UNACKNOWLEDGED])
})

test('a connection that breaks in mid-request is made anew, and each partition is repeated by itself', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources)
  first.answer = () => {
    first.answer = acknowledged
    return 'close'
  }
  const outcomes = await producer.produce([record(0), record(1)])
  assert.deepEqual(statuses(outcomes), ['acknowledged', 'acknowledged'])
  const [together, ...apart] = partitionsOf(first)
  assert.deepEqual(together, [0, 1])
  assert.deepEqual(
    apart.flat().toSorted((a, b) => a - b),
    [0, 1],
  )
  assert.equal(apart.length, 2)
})

test('a broker that throttles is left alone for as long as it asks', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources)
  first.throttleMs = 400
  await producer.produce([record(0)])
  const answeredAt = performance.now()
  await producer.produce([record(0)])
  assert.ok(performance.now() - answeredAt > 350)
})

test('a broker that speaks no produce request of ours is spoken to by kafkajs', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer, first } = await open(resources, { versions: { min: 0, max: 2 } })
  assert.deepEqual(statuses(await producer.produce([record(0), record(1)])), [
    'acknowledged',
    'acknowledged',
  ])
  assert.deepEqual(partitionsOf(first), [[0, 1]])
})

test('half full and full are told as records wait, and over when they are acknowledged', async () => {
  await using resources = new AsyncDisposableStack()
  const { producer } = await open(resources, { maxBufferedBytes: 10_000 })
  const seen = (): readonly boolean[] => [producer.isHalfFull, producer.isFull]
  const large = { ...record(0), value: Buffer.alloc(4_000) }
  const first = producer.produce([large])
  assert.deepEqual(seen(), [false, false])
  const second = producer.produce([large])
  assert.deepEqual(seen(), [true, false])
  assert.deepEqual(reasons(await producer.produce([large])), [['backpressure', undefined]])
  await Promise.all([first, second])
  assert.deepEqual(seen(), [false, false])
})
