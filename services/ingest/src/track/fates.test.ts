import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProduceOutcome } from '@custom-events/kafka'
import {
  BAD_EVENT,
  countOf,
  eventText,
  startTestIngest,
  type TestIngest,
} from '../testing/test-support.ts'

/** Once events are in Kafka, no fault of ours may ask for them again. */

/** What refuses early, what refuses for load and the answer ask in turn. */
const AT_ANSWER = 3

const bug = (): never => assert.fail('the secret of the bug')

/** Each breaks one thing that is done after produce. */
const faults: Readonly<Record<string, (ingest: TestIngest) => void>> = {
  'keeping what was rejected': ({ parts }) => Object.assign(parts.rejectedEvents, { keep: bug }),
  'counting what was accepted': ({ metrics }) => Object.assign(metrics.accepted, { inc: bug }),
  'counting what was rejected': ({ metrics }) => Object.assign(metrics.rejected, { inc: bug }),
  'noting a success': ({ parts }) => Object.assign(parts.retryAdvice, { succeeded: bug }),
}

for (const [what, break_] of Object.entries(faults)) {
  test(`a bug in ${what} leaves the answer as it is, and is counted and logged`, async () => {
    await using ingest = await startTestIngest()
    break_(ingest)
    const { status, body } = await ingest.post(`[${eventText()},${BAD_EVENT}]`)
    assert.deepEqual([status, body.accepted, body.rejected], [200, 1, 1])
    assert.equal(body.results[1].errors[0].pointer, '/1/group_id')
    assert.equal(await countOf(ingest.metrics.bugsAfterProduce), 1)
    assert.match(ingest.logLines.join(), /"level":"error".*the secret of the bug/)
    assert.doesNotMatch(JSON.stringify(body), /secret/)
  })
}

test('of an answer that cannot be made, what became of each event is told', async () => {
  await using ingest = await startTestIngest()
  // An offset that cannot be written stands for whatever cannot be told.
  const offset = { toString: bug } as unknown as number
  ingest.producer.outcome = (): ProduceOutcome => ({ status: 'acknowledged', offset })
  const sent = `[${eventText()},${BAD_EVENT}]`
  const { status, body } = await ingest.post(sent, { path: '/track?receipt=1' })
  assert.deepEqual([status, body.code, body.success], [200, 'partial_rejection', false])
  const told = body.results.map(({ index, status: fate }: Told) => [index, fate])
  assert.deepEqual(told, [
    [0, 'accepted'],
    [1, 'rejected'],
  ])
  assert.equal(body.results[0].event_id, 'e-1')
  assert.equal(body.results[1].errors[0].code, 'missing_group_id')
  assert.equal(await countOf(ingest.metrics.bugsAfterProduce), 1)
})

test('what Kafka said of each event is told when the sum of it cannot be made', async () => {
  await using ingest = await startTestIngest()
  const outcome = { status: 'acknowledged', offset: 7 } as const
  ingest.producer.outcome = (record): ProduceOutcome =>
    record.key?.toString() === 'away'
      ? { status: 'unacknowledged', reason: 'kafka_unavailable' }
      : Object.defineProperty({ ...outcome }, 'offset', { get: bug })
  const sent = `[${eventText()},${BAD_EVENT},${eventText({ group_id: 'away' })}]`
  const { status, body } = await ingest.post(sent, { path: '/track?receipt=1' })
  assert.deepEqual([status, body.code], [503, 'kafka_unavailable'])
  assert.deepEqual([body.accepted, body.rejected, body.retry], [1, 1, 1])
  assert.equal(body.results[0].receipt, undefined)
  assert.equal(await countOf(ingest.metrics.bugsAfterProduce), 1)
})

test('so it is when every event was accepted, and when some were not', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  Object.defineProperty(ingest.parts.lifecycle, 'isDraining', failingOn(AT_ANSWER))
  const accepted = await ingest.post(eventText())
  assert.deepEqual(
    [accepted.status, accepted.body.accepted, accepted.body.event_id],
    [200, 1, 'e-1'],
  )
  ingest.producer.outcome = (record) =>
    record.key?.toString() === 'away'
      ? { status: 'unacknowledged', reason: 'kafka_unavailable' }
      : (outcome?.(record) ?? bug())
  Object.defineProperty(ingest.parts.lifecycle, 'isDraining', failingOn(AT_ANSWER))
  const mixed = await ingest.post(`[${eventText()},${eventText({ group_id: 'away' })}]`)
  assert.deepEqual([mixed.status, mixed.body.code], [503, 'kafka_unavailable'])
  assert.deepEqual([mixed.body.accepted, mixed.body.retry], [1, 1])
  assert.equal(await countOf(ingest.metrics.bugsAfterProduce), 2)
})

test('a refusal that cannot be answered is no bug after produce where nothing was produced', async () => {
  await using ingest = await startTestIngest()
  Object.defineProperty(ingest.parts.lifecycle, 'isDraining', failingOn(1))
  const { status, body } = await ingest.post(eventText(), { path: '/nowhere' })
  assert.deepEqual([status, body.code], [404, 'not_found'])
  assert.equal(await countOf(ingest.metrics.bugsAfterProduce), 0)
  assert.match(ingest.logLines.join(), /the secret of the bug.*request failed by a bug/)
})

interface Told {
  readonly index: number
  readonly status: string
}

/** Says `false` but for one time. */
function failingOn(time: number): PropertyDescriptor {
  let asked = 0
  const get = (): boolean => {
    asked += 1
    return asked === time ? bug() : false
  }
  return { get, configurable: true }
}

test('what is written for the time of sending never costs events that are accepted', async () => {
  await using ingest = await startTestIngest()
  const deep = `${'['.repeat(900)}${']'.repeat(900)}`
  for (const sentAt of [deep, '{"a":1}', 'true', 'null', '""', '1e3']) {
    const list = `[${eventText()},${BAD_EVENT}]`
    const { status, body } = await ingest.post(`{"batch":${list},"sentAt":${sentAt}}`)
    assert.deepEqual([status, body.accepted, body.rejected], [200, 1, 1], sentAt)
  }
  assert.equal(await countOf(ingest.metrics.bugsAfterProduce), 0)
  assert.equal(ingest.rejectedEvents().length, 6)
})
