import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { KafkaProblem } from '../errors/kafka-problem.ts'
import { untilDone } from './until-done.ts'

const WITHIN_MS = 300
const asked = { resource: 'topic t', right: 'READ on topic t' }
const denied = new KafkaProblem(asked, new KafkaCodeError(29))
const away = new KafkaProblem(asked, new KafkaCodeError(3))

test('a missing right is told at once and as it is: no further try changes it', async () => {
  let tries = 0
  const trying = untilDone(
    () => {
      tries++
      throw denied
    },
    () => 'not read',
    60_000,
  )
  await assert.rejects(trying, (error) => error === denied)
  assert.deepEqual([tries, denied.remedy.startsWith('grant READ on topic t')], [1, true])
})

test('what passes is tried again, and what was wrong last is told with the way out', async () => {
  let tries = 0
  const isDone = (): boolean => {
    if (++tries < 3) throw away
    return true
  }
  await untilDone(isDone, () => 'not read', 60_000)
  assert.equal(tries, 3)
  const never = untilDone(() => Promise.reject(away), () => 'not read', WITHIN_MS) // prettier-ignore
  await assert.rejects(never, (error) => {
    assert.ok(error instanceof Error && error.cause === away)
    assert.match(error.message, /^not read within 0\.3 s: topic t: Kafka says UNKNOWN_TOPIC_OR_PARTITION/) // prettier-ignore
    return true
  })
})

test('a failure that has passed is not told of one that only took too long', async () => {
  let tries = 0
  const isDone = (): boolean => {
    if (++tries === 1) throw away
    return false
  }
  await assert.rejects(
    untilDone(isDone, () => `try ${tries}`, WITHIN_MS),
    (error) => {
      assert.ok(error instanceof Error && error.cause === undefined)
      assert.match(error.message, /^try [2-9]\d* within 0\.3 s$/)
      return true
    },
  )
})
