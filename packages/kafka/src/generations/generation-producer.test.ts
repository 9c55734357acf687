import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Producer } from '../producer/producer.ts'
import type { OutgoingRecord } from '../records.ts'
import { createGenerationProducer } from './generation-producer.ts'

const FIRST = { generation: 1, topic: 't', partitions: 12 }
const SECOND = { generation: 2, topic: 't.g2', partitions: 48 }

/** One that keeps what it is given and acknowledges it. */
function fakeProducer() {
  const topics: string[] = []
  const producer: Producer = {
    produce: async (records) => {
      topics.push(...records.map(({ topic }) => topic))
      return records.map((_, offset) => ({ status: 'acknowledged', offset }))
    },
    notReadyReason: null,
    troubles: [],
    bufferedBytes: 0,
    isFull: false,
    isHalfFull: false,
    maxBatchBytes: () => 1,
    [Symbol.asyncDispose]: async () => {},
  }
  return { producer, topics }
}

function growing() {
  const state = { place: { ...FIRST, closed: null as string | null }, all: [FIRST] }
  const [first, second] = [fakeProducer(), fakeProducer()]
  const kafka = createGenerationProducer({
    generations: {
      get all() {
        return state.all
      },
      place: () => state.place,
    },
    first: first.producer,
    open: () => second.producer,
  })
  return { state, kafka, first, second }
}

const record = (topic: string): OutgoingRecord => ({ topic, partition: 0, key: null, value: null })
const statuses = async (kafka: Producer, topics: readonly string[]) =>
  (await kafka.produce(topics.map(record))).map(({ status }) => status)

test('each generation is written by its own producer, other topics by the first', async () => {
  const { state, kafka, first, second } = growing()
  assert.deepEqual(await statuses(kafka, ['t', 'keys']), ['acknowledged', 'acknowledged'])
  state.all = [FIRST, SECOND]
  kafka.follow()
  await statuses(kafka, ['keys', 't.g2', 't'])
  await statuses(kafka, ['t.g2'])
  assert.deepEqual(first.topics, ['t', 'keys', 'keys', 't'])
  assert.deepEqual(second.topics, ['t.g2', 't.g2'])
})

test('it is not ready while nothing may be placed, and what was placed before is produced all the same', async () => {
  const { state, kafka } = growing()
  state.place = { ...FIRST, closed: 'it grows' }
  assert.equal(kafka.notReadyReason, 'it grows')
  assert.deepEqual(await statuses(kafka, ['t']), ['acknowledged'])
})
