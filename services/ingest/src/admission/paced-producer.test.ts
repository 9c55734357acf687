import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutgoingRecord, Producer } from '@custom-events/kafka'
import { createPacedProducer } from './paced-producer.ts'
import { createFakeProducer } from '../testing/fake-producer.ts'

const RECORD: OutgoingRecord = { topic: 't', partition: 0, key: null, value: Buffer.from('x') }
const REQUEST = Array.from({ length: 100 }, () => RECORD)
const GIVEN_UP_MS = 5_000
const STEP_MS = 10

/**
 * A Kafka that acknowledges so many records a second, in order, and a client that offers more, for a
 * minute of a time of its own. What was not acknowledged after 5 s is given up, as by the real producer.
 */
async function offer(options: {
  readonly perSecond: number | ((ms: number) => number)
  readonly speedAt: (ms: number) => number
  readonly isPaced: boolean
}) {
  const { perSecond, speedAt, isPaced } = options
  const offeredAt = typeof perSecond === 'number' ? () => perSecond : perSecond
  let now = 0
  const queue: { readonly atMs: number; readonly answer: (isDone: boolean) => void }[] = []
  const kafka: Producer = {
    ...createFakeProducer(),
    produce: (records) =>
      new Promise((resolve) => {
        const outcome = (isDone: boolean) =>
          isDone
            ? ({ status: 'acknowledged', offset: 0 } as const)
            : ({ status: 'unacknowledged', reason: 'kafka_unavailable' } as const)
        const answer = (isDone: boolean) => resolve(records.map(() => outcome(isDone)))
        queue.push({ atMs: now, answer })
      }),
  }
  const producer = isPaced ? createPacedProducer(kafka, () => now) : kafka
  const seen = { acknowledged: 0, refused: 0, givenUp: 0 }
  let [credit, due] = [0, 0]
  for (; now < 60_000; now += STEP_MS) {
    for (due += (offeredAt(now) * STEP_MS) / 1_000; due >= REQUEST.length; due -= REQUEST.length) {
      if (producer.isFull) seen.refused += REQUEST.length
      else void producer.produce(REQUEST)
    }
    credit = Math.min(credit + (speedAt(now) * STEP_MS) / 1_000, speedAt(now))
    // Kafka's time goes into what it is given, also when nobody waits for it any more.
    for (; credit >= REQUEST.length && queue.length > 0; credit -= REQUEST.length) {
      const next = queue.shift()
      const isInTime = next !== undefined && now - next.atMs < GIVEN_UP_MS
      next?.answer(isInTime)
      if (isInTime) seen.acknowledged += REQUEST.length
      else seen.givenUp += REQUEST.length
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return seen
}

test('what a slow Kafka cannot acknowledge in time is refused, and the rest is acknowledged', async () => {
  const slow = { perSecond: 50_000, speedAt: () => 5_000 }
  const paced = await offer({ ...slow, isPaced: true })
  assert.equal(paced.givenUp, 0)
  assert.ok(paced.acknowledged > 0.95 * 5_000 * 60, `${paced.acknowledged} acknowledged`)
  assert.ok(paced.refused > 0)
  const unpaced = await offer({ ...slow, isPaced: false })
  assert.ok(unpaced.acknowledged < 0.2 * 5_000 * 60, 'without it the simulation shows nothing')
})

test('nothing is refused while Kafka keeps up, and in a pause at a moderate rate', async () => {
  const table = {
    'a fast Kafka': { perSecond: 60_000, speedAt: () => 80_000 },
    'a pause of 1.5 s at full speed': {
      perSecond: 30_000,
      speedAt: (ms: number) => (ms > 20_000 && ms < 21_500 ? 0 : 80_000),
    },
    'a pause of 4.5 s at 2,000 events a second': {
      perSecond: 2_000,
      speedAt: (ms: number) => (ms > 20_000 && ms < 24_500 ? 0 : 20_000),
    },
  }
  for (const [name, kafka] of Object.entries(table)) {
    const { refused, givenUp } = await offer({ ...kafka, isPaced: true })
    assert.deepEqual({ refused, givenUp }, { refused: 0, givenUp: 0 }, name)
  }
})

test('a burst after a quiet time is taken at the speed that Kafka had before', async () => {
  const burst = (ms: number): number => (ms < 10_000 ? 60_000 : ms < 40_000 ? 100 : 0)
  const atOnce = (ms: number): number => (ms === 40_000 ? 6_000_000 : burst(ms)) // 60,000 in one step
  const fast = await offer({ perSecond: atOnce, speedAt: () => 80_000, isPaced: true })
  assert.deepEqual({ refused: fast.refused, givenUp: fast.givenUp }, { refused: 0, givenUp: 0 })
})

test('a Kafka that became slow is known to be by what is given up, however few wait at once', async () => {
  const fake = createFakeProducer()
  let now = 0
  const limits = { minRecords: 100, seconds: 2, memorySeconds: 3 }
  const producer = createPacedProducer(fake, () => now, limits)
  for (let count = 0; count < 10; count++) await producer.produce(REQUEST)
  const acknowledge = fake.outcome
  for (now = 1_000; now <= 4_000; now += 1_000) {
    fake.outcome = acknowledge
    await producer.produce(REQUEST)
    fake.outcome = () => ({ status: 'unacknowledged', reason: 'kafka_unavailable' })
    await producer.produce(REQUEST)
  }
  fake.outcome = null
  const calls = [producer.produce(REQUEST), producer.produce(REQUEST)]
  assert.equal(producer.isFull, false)
  calls.push(producer.produce(REQUEST))
  assert.equal(producer.isFull, true)
  fake.outcome = acknowledge
  await Promise.all(calls)
})

test('whoever brings much is told that it is full at half of what may wait', async () => {
  const fake = createFakeProducer()
  const limits = { minRecords: 400, seconds: 2, memorySeconds: 10 }
  const producer = createPacedProducer(fake, () => 0, limits)
  fake.isHalfFull = true
  assert.deepEqual([producer.isHalfFull, producer.isFull], [true, false], 'as the producer says')
  fake.isHalfFull = false
  fake.outcome = null
  const calls = [producer.produce(REQUEST), producer.produce(REQUEST)]
  assert.deepEqual([producer.isHalfFull, producer.isFull], [false, false])
  calls.push(producer.produce(REQUEST))
  assert.deepEqual([producer.isHalfFull, producer.isFull], [true, false])
  calls.push(producer.produce(REQUEST), producer.produce(REQUEST))
  assert.deepEqual([producer.isHalfFull, producer.isFull], [true, true])
  fake.outcome = () => ({ status: 'unacknowledged', reason: 'kafka_unavailable' })
  await Promise.all(calls)
  assert.equal(producer.isHalfFull, false)
})

test('a producer that is full by itself stays full, and a failure leaves nothing behind', async () => {
  const fake = createFakeProducer()
  const limits = { minRecords: 100, seconds: 2, memorySeconds: 10 }
  const producer = createPacedProducer(fake, () => 0, limits)
  fake.isFull = true
  assert.equal(producer.isFull, true)
  fake.isFull = false
  fake.outcome = null
  const two = [producer.produce(REQUEST), producer.produce(REQUEST)]
  assert.equal(producer.isFull, true)
  fake.outcome = () => ({ status: 'unacknowledged', reason: 'kafka_unavailable' })
  await Promise.all(two)
  assert.equal(producer.isFull, false)
})
