import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, exposeTogether } from '../metrics/metrics.ts'
import { readinessOf } from './workers.ts'

const ready = { readiness: { isReady: true, reasons: [] }, metrics: [] }
const away = { readiness: { isReady: false, reasons: ['Kafka is away'] }, metrics: [] }

test('a program of several workers is ready while half of them are, and tells what ails the others', () => {
  const of = (...reports: readonly (typeof ready | typeof away | null)[]) =>
    readinessOf(
      reports.map((report, index) => ({ number: index + 1, report })),
      false,
    )
  assert.deepEqual(of(ready, ready), { isReady: true, reasons: [] })
  assert.deepEqual(of(ready, away), { isReady: true, reasons: ['worker 2: Kafka is away'] })
  assert.equal(of(ready, null).isReady, true)
  assert.equal(of(away, away).isReady, false)
  assert.equal(of(ready, away, null).isReady, false)
  assert.match(of(null, null).reasons.join(), /^worker 1: away.*worker 2: away/)
})

test('while it drains it is not ready, whatever its workers say', () => {
  const { isReady, reasons } = readinessOf([{ number: 1, report: ready }], true)
  assert.deepEqual([isReady, reasons], [false, ['draining']])
})

test('every series is told once for each worker, under one heading, and none is added up', async () => {
  const table = {
    accepted: { type: 'counter', name: 'events_accepted_total', help: 'Accepted events.' },
    seconds: { type: 'histogram', name: 'seconds', help: 'Seconds.', buckets: [1] },
  } as const
  const [one, two] = [createMetrics(table), createMetrics(table)]
  one.accepted.inc(2)
  two.accepted.inc(3)
  two.seconds.observe(0.5)
  const snapshots = new Map([
    ['1', await one.snapshot()],
    ['2', await two.snapshot()],
  ])
  const { text } = await exposeTogether(snapshots)
  assert.match(text, /^custom_events_events_accepted_total\{worker="1"\} 2$/m)
  assert.match(text, /^custom_events_events_accepted_total\{worker="2"\} 3$/m)
  assert.match(text, /^custom_events_seconds_bucket\{le="1",worker="2"\} 1$/m)
  assert.match(text, /^custom_events_seconds_count\{worker="1"\} 0$/m)
  assert.equal(text.split('# TYPE custom_events_events_accepted_total').length, 2)
  for (const name of ['process_resident_memory_bytes', 'process_start_time_seconds']) {
    assert.match(text, new RegExp(`^${name}\\{worker="1"\\} \\d`, 'm'))
  }
})
