import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from './views.ts'

test('what became of the views is one line, and notes that somebody reads to the end', () => {
  const notes = Array.from({ length: 30 }, (_, index) => `note ${index}`)
  const result = { made: 1, changed: 2, unchanged: 3, dropped: ['event_x'], failed: ['bad'], notes }
  const lines = reportOf(result)
  assert.equal(lines[0], 'views of events: 1 made, 2 changed, 3 as they were, 1 dropped')
  assert.equal(lines[1], '  note: bad')
  assert.equal(lines[2], '  note: event_x: dropped, its event is in no plan and no row any more')
  assert.equal(lines.length, 22)
  assert.equal(lines.at(-1), '  and 12 notes more')
})
