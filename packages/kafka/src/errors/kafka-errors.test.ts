import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createErrorFromCode, errorCodes } from 'kafkajs/src/protocol/error.js'
import { KAFKA_CODES } from './kafka-codes.ts'
import { CAUSES } from './kafka-remedies.ts'
import { describeKafkaError, kafkaVerdict, KafkaCodeError, NoAnswer } from './kafka-errors.ts'

const LAST_CODE = 136

/** As kafkajs makes them, by the names of its classes. */
function named(name: string, fields: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error(`made by ${name}`), { name, ...fields })
}

test('every code of Kafka is decided', () => {
  const numbers = Array.from({ length: LAST_CODE + 2 }, (_, place) => place - 1)
  const undecided = numbers.filter((code) => code !== 0 && KAFKA_CODES[code] === undefined)
  assert.deepEqual(undecided, [])
  for (const code of numbers.filter((number) => number !== 0)) {
    const { remedy, meaning } = kafkaVerdict(createErrorFromCode(code))
    assert.ok(remedy.length > 0 && meaning.length > 0, `${code}`)
  }
})

test('what Kafka calls a definite no is never passing, and what it calls retriable is never permanent', () => {
  for (const { code, retriable } of errorCodes) {
    const { class: what, code: name } = kafkaVerdict(createErrorFromCode(code))
    if (retriable) assert.ok(!['permanent', 'data', 'out_of_range'].includes(what), name)
  }
})

test('codes are told apart by class, cause and name', () => {
  const cases: readonly (readonly [number, string, string, string])[] = [
    [29, 'permanent', 'rights', 'TOPIC_AUTHORIZATION_FAILED'],
    [30, 'permanent', 'rights', 'GROUP_AUTHORIZATION_FAILED'],
    [31, 'permanent', 'rights', 'CLUSTER_AUTHORIZATION_FAILED'],
    [26, 'permanent', 'settings', 'INVALID_SESSION_TIMEOUT'],
    [23, 'permanent', 'foreign_member', 'INCONSISTENT_GROUP_PROTOCOL'],
    [81, 'permanent', 'settings', 'GROUP_MAX_SIZE_REACHED'],
    [40, 'permanent', 'settings', 'INVALID_CONFIG'],
    [3, 'passing', 'missing_topic', 'UNKNOWN_TOPIC_OR_PARTITION'],
    [5, 'passing', 'no_leader', 'LEADER_NOT_AVAILABLE'],
    [19, 'passing', 'replicas', 'NOT_ENOUGH_REPLICAS'],
    [10, 'data', 'too_large', 'MESSAGE_TOO_LARGE'],
    [1, 'out_of_range', 'out_of_range', 'OFFSET_OUT_OF_RANGE'],
    [27, 'rejoin', 'not_member', 'REBALANCE_IN_PROGRESS'],
    [100, 'passing', 'missing_topic', 'UNKNOWN_TOPIC_ID'],
    [89, 'passing', 'busy', 'THROTTLING_QUOTA_EXCEEDED'],
    [-1, 'unknown', 'unknown', 'UNKNOWN_SERVER_ERROR'],
  ]
  for (const [code, what, cause, name] of cases) {
    for (const error of [createErrorFromCode(code), new KafkaCodeError(code)]) {
      const found = kafkaVerdict(error)
      assert.deepEqual([found.class, found.cause, found.code], [what, cause, name])
    }
  }
})

test('a code that nobody knows yet is unknown, and keeps its number', () => {
  for (const error of [createErrorFromCode(999), new KafkaCodeError(999)]) {
    const found = kafkaVerdict(error)
    assert.deepEqual([found.class, found.code], ['unknown', 'KAFKA_ERROR_999'])
    assert.match(describeKafkaError(error), /999/)
  }
})

test('errors without a code of Kafka are decided by their names, others are unknown', () => {
  const cases: readonly (readonly [Error, string, string])[] = [
    [named('KafkaJSConnectionError', { code: 'ECONNREFUSED' }), 'unreachable', 'ECONNREFUSED'],
    [named('KafkaJSConnectionError'), 'unreachable', 'KafkaJSConnectionError'],
    [named('KafkaJSRequestTimeoutError'), 'unreachable', 'KafkaJSRequestTimeoutError'],
    [new NoAnswer(4_000), 'unreachable', 'NoAnswer'],
    [named('KafkaJSSASLAuthenticationError'), 'permanent', 'SASL_AUTHENTICATION_FAILED'],
    [
      named('KafkaJSConnectionError', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      'permanent',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    [named('KafkaJSConnectionError', { code: 'EPROTO' }), 'permanent', 'EPROTO'],
    [named('TypeError'), 'unknown', 'TypeError'],
  ]
  for (const [error, what, code] of cases) {
    const found = kafkaVerdict(error)
    assert.deepEqual([found.class, found.code], [what, code])
  }
  assert.equal(kafkaVerdict('a text').class, 'unknown')
})

test('a definite answer is found however deep it lies', () => {
  const denied = createErrorFromCode(30)
  const wrapped = named('KafkaJSNumberOfRetriesExceeded', {
    cause: named('KafkaJSError', { cause: denied }),
  })
  const all = new AggregateError([named('KafkaJSError', { originalError: denied })])
  const ofRecords = named('KafkaJSDeleteTopicRecordsError', {
    partitions: [{ partition: 0, offset: '5', error: denied }],
  })
  for (const error of [wrapped, all, ofRecords]) {
    assert.equal(kafkaVerdict(error).code, 'GROUP_AUTHORIZATION_FAILED')
  }
  const circle = named('KafkaJSError')
  circle.cause = circle
  assert.equal(kafkaVerdict(circle).class, 'unknown')
})

test('a sentence names code, resource and remedy, and only silence is called unreachable', () => {
  const denied = describeKafkaError(createErrorFromCode(29), 'topic events.tracked.v1')
  assert.match(denied, /^topic events\.tracked\.v1: Kafka says TOPIC_AUTHORIZATION_FAILED, .*grant/)
  const many = new AggregateError([
    Object.assign(createErrorFromCode(38), { topic: 'a' }),
    Object.assign(createErrorFromCode(29), { topic: 'b', partition: 3 }),
  ])
  assert.match(describeKafkaError(many), /topic a: .*REPLICATION_FACTOR.*; b\/3: .*AUTHORIZATION/)
  for (const number of Object.keys(KAFKA_CODES)) {
    assert.doesNotMatch(
      describeKafkaError(createErrorFromCode(Number(number))),
      /not reachable|running/,
    )
  }
  const away = describeKafkaError(named('KafkaJSConnectionError', { code: 'ECONNREFUSED' }))
  assert.match(away, /^Kafka is not reachable \(ECONNREFUSED: .*KAFKA_BROKERS/)
})

test('every cause has a class and a remedy', () => {
  const used = new Set(Object.values(KAFKA_CODES).map(([, cause]) => cause))
  for (const cause of used) assert.ok(CAUSES[cause].remedy.length > 0)
  const names = Object.values(KAFKA_CODES).map(([name]) => name)
  assert.equal(new Set(names).size, names.length)
})
