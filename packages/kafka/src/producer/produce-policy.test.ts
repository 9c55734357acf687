import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaCodeError, kafkaVerdict, NoAnswer } from '../errors/kafka-errors.ts'
import { createProduceHealth } from './produce-health.ts'
import { nextStep, type NextStep } from './produce-policy.ts'
import { missing } from '../topics/missing-topics.ts'
import { createTopicLimits } from '../topics/topic-limits.ts'
import { troublesOf } from '../topics/topic-troubles.ts'

const verdictOf = (code: number) => kafkaVerdict(new KafkaCodeError(code))

test('what becomes of a batch is decided by what Kafka said', () => {
  const usual = { records: 10, attempts: 1, hasTime: true, isShared: false }
  const table: readonly (readonly [number, Partial<typeof usual>, NextStep])[] = [
    [6, {}, 'again'], // NOT_LEADER_OR_FOLLOWER
    [6, { hasTime: false }, 'end'],
    [19, { attempts: 50 }, 'again'], // NOT_ENOUGH_REPLICAS
    [10, {}, 'split'], // MESSAGE_TOO_LARGE
    [18, {}, 'split'], // RECORD_LIST_TOO_LARGE
    [10, { records: 1 }, 'too_large'],
    [10, { isShared: true }, 'again'],
    [29, {}, 'end'], // TOPIC_AUTHORIZATION_FAILED
    [87, {}, 'split'], // INVALID_RECORD
    [87, { records: 1 }, 'end'],
    [32, {}, 'end'], // INVALID_TIMESTAMP: of all of them
    [999, { attempts: 3 }, 'again'],
    [999, { attempts: 4 }, 'end'],
  ]
  for (const [code, changes, step] of table) {
    const asked = { ...usual, ...changes, verdict: verdictOf(code) }
    assert.equal(nextStep(asked), step, `${code} ${JSON.stringify(changes)}`)
  }
  const verdict = kafkaVerdict(new NoAnswer(4_000))
  assert.equal(nextStep({ ...usual, verdict }), 'again')
})

function openHealth() {
  const clock = { ms: 0 }
  const health = createProduceHealth(() => clock.ms)
  const fail = (partition: number, code: number) =>
    health.failed({ topic: 't', partition }, verdictOf(code), `code ${code}`)
  const told = () => health.troubles().map(({ code, partitions }) => [code, partitions])
  return { clock, health, fail, told }
}

test('a passing error is told when it lasts, and forgotten with the first success', () => {
  const { clock, health, fail, told } = openHealth()
  fail(1, 5)
  assert.deepEqual(told(), [])
  clock.ms = 9_000
  fail(1, 5)
  fail(2, 5)
  assert.deepEqual(told(), [['LEADER_NOT_AVAILABLE', [1]]])
  health.acknowledged({ topic: 't', partition: 1 })
  assert.deepEqual(told(), [])
})

test('a permanent one is told at once, of the whole topic, until it is worth another try', () => {
  const { clock, health, fail, told } = openHealth()
  fail(1, 29)
  assert.deepEqual(told(), [['TOPIC_AUTHORIZATION_FAILED', null]])
  clock.ms = 10_001
  assert.deepEqual(told(), [])
  fail(1, 29)
  health.clear('t', 'rights')
  assert.deepEqual(told(), [])
})

test('being held back by a quota is told while it goes on', () => {
  const { clock, health, told } = openHealth()
  health.throttled(1, 2_000)
  clock.ms = 15_000
  assert.deepEqual(told(), [['THROTTLED', []]])
  clock.ms = 31_000
  assert.deepEqual(told(), [])
})

const partition = (id: number, changes = {}) => ({
  partition: id,
  errorCode: 0,
  leader: 1,
  replicas: 3,
  inSync: 3,
  ...changes,
})
const facts = {
  topic: 't',
  errorCode: 0,
  mayWrite: true,
  maxBatchBytes: 1_000,
  minInsyncReplicas: 2,
  partitions: [partition(0), partition(1)],
}

test('rights, leaders and replicas speak against producing before anything is produced', () => {
  const troubles = (changes: object) =>
    troublesOf([{ ...facts, ...changes }]).map(({ code, partitions }) => [code, partitions])
  assert.deepEqual(troubles({}), [])
  assert.deepEqual(troubles({ mayWrite: null }), [], 'a broker that does not say')
  assert.deepEqual(troubles({ mayWrite: false }), [['TOPIC_AUTHORIZATION_FAILED', null]])
  assert.deepEqual(troubles({ errorCode: 29 }), [['TOPIC_AUTHORIZATION_FAILED', null]])
  assert.deepEqual(troubles({ partitions: [partition(0), partition(1, { leader: -1 })] }), [
    ['LEADER_NOT_AVAILABLE', [1]],
  ])
  assert.deepEqual(troubles({ partitions: [partition(0, { inSync: 1 })] }), [
    ['NOT_ENOUGH_REPLICAS', null],
  ])
  assert.deepEqual(troubles({ partitions: [partition(0, { inSync: 1, replicas: 1 })] }), [])
})

test('a topic that is missing, too small, or may not be looked at is told apart', () => {
  const of = (changes: object) => missing([{ ...facts, ...changes }], { t: 2 })
  assert.equal(of({}), null)
  assert.match(of({ errorCode: 3 }) ?? '', /topic t does not exist/)
  assert.match(of({ errorCode: 29 }) ?? '', /TOPIC_AUTHORIZATION_FAILED/)
  assert.match(of({ partitions: [partition(0)] }) ?? '', /has 1 partitions, 2 are configured/)
  assert.equal(of({ partitions: [partition(0), partition(1, { leader: -1 })] }), null)
})

test('what refusals have taught ends with what the topic says', () => {
  const limits = createTopicLimits()
  const limit = limits.of('t')
  limit.refused(100_000)
  assert.deepEqual([limit.maxBytes, limit.fillBytes, limits.lowest], [99_999, 50_000, 99_999])
  limit.set(80_000)
  assert.deepEqual([limit.maxBytes, limit.fillBytes], [80_000, 80_000])
  limit.set(null)
  assert.deepEqual([limit.maxBytes, limit.fillBytes, limits.lowest], [Infinity, 262_144, Infinity])
})
