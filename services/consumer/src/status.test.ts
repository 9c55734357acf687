import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { createConsumerMetrics } from './metrics.ts'
import { createStatus } from './status.ts'

const kafka = { notReadyReason: null, troubles: [] }

function statusOf() {
  const lines: string[] = []
  const log = createLogger(
    { service: 'test', level: 'info' },
    { write: (line) => void lines.push(line) },
  )
  return { lines, status: createStatus(log, createConsumerMetrics()) }
}

test('a halt that nobody has decided about names what a person can do, in readiness and log', () => {
  const { lines, status } = statusOf()
  const failed = { kind: 'halt', reason: 'unknown', error: new Error('code 9999') } as const
  status.failed(failed)
  status.failed(failed)
  const [reason] = status.readiness(kafka).reasons
  assert.match(reason ?? '', /halted \(unknown\): code 9999: .*log of ClickHouse.*runbook/)
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /One record that nothing takes/)
  status.recovered()
  assert.deepEqual(status.readiness(kafka), { isReady: true, reasons: [] })
})

test('what is committed outside of the log is told with what it means, and how to go on', () => {
  const { lines, status } = statusOf()
  status.outOfRange([{ topic: 't', partition: 1, committed: 5, earliest: 9, latest: 20 }])
  const [reason] = status.readiness(kafka).reasons
  assert.match(reason ?? '', /^t\/1: 4 offsets, 5 to 8, were deleted .*KAFKA_OUT_OF_RANGE/)
  assert.match(lines[0] ?? '', /KAFKA_OUT_OF_RANGE=earliest.*t\/1: 4 offsets/)
})

test('of several shards each reason says of which it is', () => {
  const log = createLogger({ service: 'test', level: 'silent' })
  const status = createStatus(log, createConsumerMetrics(), 'shard 2 of 3: ')
  const { reasons } = status.readiness({ notReadyReason: 'joining', troubles: [] })
  assert.deepEqual(reasons, ['shard 2 of 3: joining'])
  assert.deepEqual(status.readiness(kafka), { isReady: true, reasons: [] })
})
