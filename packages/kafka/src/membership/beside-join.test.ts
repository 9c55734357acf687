import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinWithHeartbeats } from './beside-join.ts'
import { KafkaCodeError, kafkaVerdict } from '../errors/kafka-errors.ts'

const WITHIN = { timeout: 10_000 }

/** A join that is never answered by broker 1; `answers` are those to the heartbeats beside it, the last one for ever. */
async function besideHanging(answers: readonly (number | Error | null)[], msABeat = 0) {
  const left = [...answers]
  let [nowMs, heard] = [0, 0]
  const joined = joinWithHeartbeats({
    heartbeatMs: 1,
    sessionTimeoutMs: 6_000,
    heartbeat: async () => {
      nowMs += msABeat
      const answer = left.length > 1 ? left.shift() : left[0]
      if (answer instanceof Error) throw answer
      return answer ?? null
    },
    onHeard: () => heard++,
    join: (givenUp, waitsFor) => {
      waitsFor(1)
      return new Promise((_, reject) => {
        givenUp.addEventListener('abort', () => reject(givenUp.reason))
      })
    },
    now: () => nowMs,
  })
  const error = await joined.then(
    () => null,
    (reason: unknown) => kafkaVerdict(reason).code,
  )
  return { error, heard, nowMs }
}

test('a join is given up when the group has forgotten us meanwhile', WITHIN, async () => {
  const { error, heard } = await besideHanging([1, 1, new KafkaCodeError(25)])
  assert.deepEqual([error, heard], ['UNKNOWN_MEMBER_ID', 2])
})

test(
  'a join is given up when another broker knows us, or the same one after a silence',
  WITHIN,
  async () => {
    assert.deepEqual(await besideHanging([1, 2]), { error: 'NOT_COORDINATOR', heard: 1, nowMs: 0 })
    const silence = new Error('timed out')
    assert.equal((await besideHanging([1, silence, 1])).error, 'NOT_COORDINATOR')
  },
)

test('a join is given up when nothing is heard of the group for a session', WITHIN, async () => {
  const { nowMs, error } = await besideHanging([1, new KafkaCodeError(15)], 1_000)
  assert.deepEqual([nowMs, error], [8_000, 'COORDINATOR_NOT_AVAILABLE'])
})

test('who is not known to the group yet waits for the join', WITHIN, async () => {
  let asked = 0
  const often = Promise.withResolvers<void>()
  const joined = await joinWithHeartbeats({
    heartbeatMs: 1,
    sessionTimeoutMs: 1,
    heartbeat: async () => {
      if (++asked === 20) often.resolve()
      return null
    },
    onHeard: () => assert.fail('nothing was heard'),
    join: async () => {
      await often.promise
      return 'joined'
    },
  })
  assert.equal(joined, 'joined')
})
