import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify } from '@custom-events/clickhouse'
import { decide, haltFor, retryFor } from './retry.ts'

const code = (value: number) => classify({ code: value, status: 500, network: null, message: '' })
const random = (): number => 0.5

test('each class is answered by its action', () => {
  const cases = [
    [code(202), 'retry'],
    [code(319), 'retry'],
    [code(241), 'split'],
    [code(159), 'split'],
    [code(60), 'halt'],
    [code(469), 'isolate'],
  ] as const
  for (const [verdict, action] of cases) {
    assert.equal(decide(verdict, { attempt: 0, rows: 10, random }).action, action)
  }
})

test('a single row is not split further but retried', () => {
  assert.equal(decide(code(241), { attempt: 0, rows: 1, random }).action, 'retry')
})

test('what is unknown is retried five times, a cut block three times, then halts', () => {
  const actions = (value: number) =>
    [0, 1, 2, 3, 4, 5].map((attempt) => decide(code(value), { attempt, rows: 1, random }).action)
  assert.deepEqual(actions(12_345), ['retry', 'retry', 'retry', 'retry', 'halt', 'halt'])
  assert.deepEqual(actions(33), ['retry', 'retry', 'halt', 'halt', 'halt', 'halt'])
  assert.deepEqual(new Set(actions(202)), new Set(['retry']))
})

test('delays stay within their bounds for ever', () => {
  for (const attempt of [0, 1, 5, 20, 10_000]) {
    for (const chance of [0, 0.999_999]) {
      const retry = decide(code(202), { attempt, rows: 1, random: () => chance })
      assert.ok(retry.action === 'retry' && retry.delayMs >= 125 && retry.delayMs <= 30_000)
      const halt = decide(code(60), { attempt, rows: 1, random: () => chance })
      assert.ok(halt.action === 'halt' && halt.delayMs >= 5_000 && halt.delayMs <= 30_000)
    }
    assert.ok(haltFor('too_much_poison', attempt, new Error('x')).delayMs <= 30_000)
    assert.ok(retryFor('registry', attempt, new Error('x')).delayMs <= 30_000)
  }
})
