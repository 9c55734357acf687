import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRedFor } from '../../chaos/sabotage.ts'
import { sabotages } from '../../chaos/sabotages/index.ts'
import { editProblems } from '../../tools/patched-copy.ts'

test('every sabotage still finds the one place that it breaks', () => {
  for (const { name, edits } of sabotages) {
    assert.ok(edits.length > 0, name)
    assert.deepEqual(editProblems(edits), [], name)
  }
})

test('a scenario sees a sabotage only by the reason that it is there for', () => {
  const row = (detail: string): string =>
    `begins\n| codec-of-topic | K2 | **RED** | 3.0 |  | ${detail} |\n`
  const lost = /lost: \d+ of \d+/
  assert.equal(isRedFor(lost, row('lost: 90 of 300 accepted events are not in the view')), true)
  assert.equal(isRedFor(lost, row('setup exited with 1: no such variable')), false)
  assert.equal(isRedFor(lost, row('lost: 9 of 300').replace('**RED**', 'green')), false)
  assert.equal(isRedFor(lost, 'Error: a server did not start; lost: 9 of 300'), false)
})
