import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareTables, type FoundTable } from './compare-tables.ts'

const events = (differs: Partial<FoundTable> = {}): FoundTable => ({
  name: 'events',
  engine: 'ReplacingMergeTree',
  sorting_key: 'group_id, event, timestamp, event_id',
  ...differs,
})
for (const [what, table, settings, expected] of [
  ['as asked', events(), {}, null],
  ['another engine', events({ engine: 'MergeTree' }), {}, /^refused.*keeps every copy/],
  ['another order', events({ sorting_key: 'timestamp' }), {}, /^refused.*sorted by \(timestamp\)/],
  ['not replicated', events(), { isReplicated: true }, /^told.*not replicated/],
  [
    'replicated by the cloud',
    events({ engine: 'SharedReplacingMergeTree' }),
    { isReplicated: true },
    null,
  ],
  ["somebody else's table", events({ name: 'mine', engine: 'Log' }), {}, null],
] as const) {
  test(`a table that exists: ${what}`, () => {
    const [first] = compareTables([table], settings)
    if (expected === null) assert.equal(first, undefined)
    else assert.match(first === undefined ? 'nothing' : `${first.severity} ${first.text}`, expected)
  })
}
