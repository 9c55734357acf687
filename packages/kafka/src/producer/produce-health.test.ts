import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaVerdict, KafkaCodeError } from '../errors/kafka-errors.ts'
import { createProduceHealth } from './produce-health.ts'

const POLICY_VIOLATION = 44
const TOPIC_AUTHORIZATION_FAILED = 29
const NOT_ENOUGH_REPLICAS = 19
const place = (partition: number, topic = 't') => ({ topic, partition })

function healthOf() {
  const clock = { nowMs: 0 }
  const health = createProduceHealth(() => clock.nowMs)
  const refuse = (partition: number, code = POLICY_VIOLATION): void =>
    health.failed(place(partition), kafkaVerdict(new KafkaCodeError(code)), `code ${code}`)
  /** Whether the topic as a whole is said to refuse. */
  const isRefused = (): boolean => health.troubles().some(({ partitions }) => partitions === null)
  return { clock, health, refuse, isRefused }
}

/** The share of the time in which a topic that refuses for good is said to, when it is tried as soon as it may be. */
function shareRefused(partitionOfTry: (tries: number) => number, hours: number): number {
  const { clock, refuse, isRefused } = healthOf()
  let [refusedMs, tries] = [0, 0]
  const endMs = hours * 3_600_000
  for (; clock.nowMs < endMs; clock.nowMs += 1_000) {
    if (isRefused()) refusedMs += 1_000
    else refuse(partitionOfTry(tries++))
  }
  return refusedMs / endMs
}

test('a topic that refuses for good is tried less and less, by whichever partition', () => {
  for (const partitionOfTry of [() => 0, (tries: number) => tries % 3]) {
    const share = shareRefused(partitionOfTry, 1)
    assert.ok(share > 0.98, `${share}`)
  }
})

test('after the first refusal it is tried again after 10 s, and a success ends it', () => {
  const { clock, health, refuse, isRefused } = healthOf()
  refuse(0)
  assert.equal(isRefused(), true)
  clock.nowMs = 10_001
  assert.equal(isRefused(), false)
  refuse(0)
  clock.nowMs += 10_001
  assert.equal(isRefused(), true, 'it refused again')
  clock.nowMs += 10_000
  assert.equal(isRefused(), false)
  health.acknowledged(place(0))
  refuse(0)
  clock.nowMs += 10_001
  assert.equal(isRefused(), false, 'it begins anew')
})

test('one partition that refuses while others take is no reason to stop for all', () => {
  const { health, refuse } = healthOf()
  refuse(1)
  health.acknowledged(place(0))
  const [trouble] = health.troubles()
  assert.deepEqual([trouble?.code, trouble?.partitions], ['POLICY_VIOLATION', [1]])
  refuse(1)
  assert.equal(health.troubles()[0]?.partitions, null, 'what comes after it may be news')
  health.acknowledged(place(0, 'another'))
  assert.equal(health.troubles()[0]?.partitions, null)
})

test('a right that a broker says is there clears what was refused for it, and nothing else', () => {
  const { health, refuse } = healthOf()
  refuse(0, TOPIC_AUTHORIZATION_FAILED)
  refuse(1)
  health.clear('t', 'rights')
  assert.deepEqual(
    health.troubles().map(({ code }) => code),
    ['POLICY_VIOLATION'],
  )
})

test('what passes is told when it lasts, and forgotten when nothing has failed for a while', () => {
  const { clock, health, refuse } = healthOf()
  for (; clock.nowMs < 8_000; clock.nowMs += 1_000) {
    refuse(2, NOT_ENOUGH_REPLICAS)
    assert.deepEqual(health.troubles(), [])
  }
  refuse(2, NOT_ENOUGH_REPLICAS)
  assert.deepEqual(health.troubles()[0]?.partitions, [2])
  clock.nowMs += 30_001
  assert.deepEqual(health.troubles(), [])
})
