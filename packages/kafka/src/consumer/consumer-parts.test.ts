import assert from 'node:assert/strict'
import { test } from 'node:test'
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import { createMemoryBudget, shouldPause } from './consumer-budget.ts'
import { closedBroker, forgottenAs, groupErrorOf, isRebalancing } from './consumer-errors.ts'
import { startPositions } from './consumer-positions.ts'
import { createEventQueue } from './consumer-queue.ts'
import { toFetchedRecords } from '../fetch/consumer-records.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'

const never = new AbortController().signal

test('fetching pauses above 80 % of the budget and resumes below 50 %', () => {
  const cases = [
    [false, 80, false],
    [false, 81, true],
    [true, 81, true],
    [true, 51, true],
    [true, 50, false],
  ] as const
  for (const [isPaused, usedBytes, expected] of cases) {
    assert.equal(shouldPause(isPaused, usedBytes, 100), expected, `${isPaused} ${usedBytes}`)
  }
})

test('who waits for room goes on when enough was given back, or when aborted', async () => {
  const budget = createMemoryBudget(100)
  await budget.room(never)
  budget.add(90)
  assert.equal(budget.isPaused, true)
  let isThrough = false
  const waiting = budget.room(never).then(() => (isThrough = true))
  budget.remove(20)
  await Promise.resolve()
  assert.equal(isThrough, false)
  budget.remove(20)
  await waiting
  assert.deepEqual([budget.usedBytes, budget.pauses], [50, 1])
  budget.add(50)
  const stop = new AbortController()
  const aborted = budget.room(stop.signal)
  stop.abort()
  await aborted
})

test('reading starts at the committed offset, else at the earliest, never at the latest', () => {
  const at = { topic: 't', partition: 0, earliest: 10, latest: 20 }
  const offsetOf = (committed: number | null, on: 'halt' | 'earliest' = 'halt') =>
    startPositions([{ ...at, committed }], on).positions[0]?.offset ?? null
  assert.deepEqual(
    [null, 10, 15, 20].map((each) => offsetOf(each)),
    [10, 10, 15, 20],
  )
  assert.deepEqual(
    [9, 21].map((each) => offsetOf(each)),
    [null, null],
  )
  assert.deepEqual(
    [9, 21].map((each) => offsetOf(each, 'earliest')),
    [10, 10],
  )
})

test('every position comes with the end of its log', () => {
  const at = { topic: 't', partition: 0, earliest: 10, latest: 20 }
  for (const committed of [null, 9, 15]) {
    const { positions } = startPositions([{ ...at, committed }], 'earliest')
    assert.equal(positions[0]?.latest, 20)
  }
})

test('a committed offset that Kafka does not have is reported, whatever is done about it', () => {
  const at = { topic: 't', partition: 0, committed: 5, earliest: 10, latest: 20 }
  for (const on of ['halt', 'earliest'] as const) {
    assert.deepEqual(startPositions([at], on).outOfRange, [at])
  }
})

test('the queue gives events in order, and idle after the wait or when aborted', async () => {
  const queue = createEventQueue()
  assert.deepEqual(await queue.take({ maxWaitMs: 1, signal: never }), { kind: 'idle' })
  const waiting = queue.take({ maxWaitMs: 60_000, signal: never })
  queue.push({ kind: 'outOfRange', epoch: 1, partitions: [] })
  assert.equal((await waiting).kind, 'outOfRange')
  const stop = new AbortController()
  const aborted = queue.take({ maxWaitMs: 60_000, signal: stop.signal })
  stop.abort()
  assert.equal((await aborted).kind, 'idle')
})

test('forgetting an assignment returns its bytes and tells whether the loop knew of it', async () => {
  const queue = createEventQueue()
  const told = { positions: [], logs: [], revoked: never, expelled: never, releaseWithinMs: 1 }
  const records = { topic: 't', partition: 0, from: 0, next: 1, records: [], bytes: 7 }
  queue.push({ kind: 'assigned', epoch: 1, ...told })
  queue.push({ kind: 'records', epoch: 1, ...records })
  assert.deepEqual(queue.forget(1), { bytes: 7, wasTaken: false })
  queue.push({ kind: 'assigned', epoch: 2, ...told })
  await queue.take({ maxWaitMs: 0, signal: never })
  queue.push({ kind: 'records', epoch: 2, ...records })
  assert.deepEqual(queue.forget(2), { bytes: 7, wasTaken: true })
})

test('records are taken alone: what comes before them stays, and who waits is let go', async () => {
  const queue = createEventQueue()
  const records = { topic: 't', partition: 0, from: 0, next: 1, records: [], bytes: 7 }
  const event = { kind: 'records', epoch: 1, ...records } as const
  const ofFirst = { epoch: 1, signal: never }

  const waiting = queue.takeRecords(ofFirst)
  queue.push(event)
  assert.equal((await waiting)?.bytes, 7)

  const forgotten = queue.takeRecords(ofFirst)
  queue.push(event)
  queue.forget(1)
  queue.push({ kind: 'revoked', epoch: 1, release: () => {} })
  queue.push({ kind: 'records', epoch: 2, ...records })
  assert.equal(await forgotten, null)
  assert.equal(await queue.takeRecords(ofFirst), null)
  assert.equal((await queue.take({ maxWaitMs: 0, signal: never })).kind, 'revoked')
  assert.equal(await queue.takeRecords(ofFirst), null, 'of another assignment')
  assert.equal((await queue.take({ maxWaitMs: 0, signal: never })).kind, 'records')

  const stop = new AbortController()
  const aborted = queue.takeRecords({ epoch: 2, signal: stop.signal })
  stop.abort()
  assert.equal(await aborted, null)
})

test('errors of kafkajs are told apart by type and name', () => {
  const cases = [
    [new KafkaCodeError(27), 'rejoin'],
    [new KafkaCodeError(22), 'rejoin'],
    [new KafkaCodeError(25), 'rejoin'],
    [{ name: 'KafkaJSStaleTopicMetadataAssignment' }, 'rejoin'],
    [new KafkaCodeError(1), 'outOfRange'],
    [{ name: 'KafkaJSConnectionError' }, 'passing'],
    [new KafkaCodeError(6), 'passing'],
    [new KafkaCodeError(30), 'refused'],
    [new KafkaCodeError(26), 'refused'],
    [undefined, 'passing'],
  ] as const
  for (const [error, expected] of cases) assert.equal(groupErrorOf(error), expected)
  assert.deepEqual(
    [25, 82, 27, 22, 16].map((code) => forgottenAs(new KafkaCodeError(code))),
    ['expelled', 'fenced', null, null, null],
  )
  assert.deepEqual(
    [27, 22, 16, 25, 82, 30].map((code) => isRebalancing(new KafkaCodeError(code))),
    [true, true, true, false, false, false],
  )
  const closed = { name: 'KafkaJSConnectionClosedError', host: 'h', port: 1 }
  assert.deepEqual(closedBroker(closed), { host: 'h', port: 1 })
})

test('fetched offsets cover hidden records, and the last of repeated headers counts', () => {
  const message = { timestamp: '5', key: null, value: Buffer.from('v') }
  const headers = { one: 'a', list: ['b', Buffer.from('c')], none: undefined }
  const batch = {
    topic: 't',
    partition: 3,
    fetchedOffset: '10',
    messages: [{ ...message, offset: '11', headers }],
    rawMessages: [],
    isEmptyIncludingFiltered: () => false,
    lastOffset: () => '14',
  }
  const fetched = toFetchedRecords(batch)
  assert.ok(!(fetched instanceof Error))
  assert.deepEqual([fetched?.from, fetched?.next], [10, 15])
  const [record] = fetched?.records ?? []
  assert.deepEqual(record?.headers, { one: Buffer.from('a'), list: Buffer.from('c') })
  assert.deepEqual([record?.partition, record?.offset, record?.timestampMs], [3, 11, 5])
  assert.equal(toFetchedRecords({ ...batch, isEmptyIncludingFiltered: () => true }), null)
})

test('kafkajs still has the parts of its consumer group that are used', () => {
  const methods = [
    'connect',
    'generatePartitionsPerSubscribedTopic',
    'fetch',
    'assigned',
    'pause',
    'recoverFromFetch',
  ] as const
  for (const method of methods) {
    assert.equal(typeof ConsumerGroup.prototype[method], 'function', method)
  }
})
