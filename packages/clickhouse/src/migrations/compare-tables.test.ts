import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareTables, type FoundTable } from './compare-tables.ts'
import { ttlExpression } from './migrate.ts'

const events = (differs: Partial<FoundTable> = {}): FoundTable => ({
  name: 'events',
  engine: 'ReplacingMergeTree',
  sorting_key: 'group_id, event, timestamp, event_id',
  create_table_query:
    'CREATE TABLE x.events (…) ENGINE = ReplacingMergeTree(version) SETTINGS a = 1',
  ...differs,
})
const withTtl = events({
  create_table_query: `CREATE TABLE x.events (…) TTL ${ttlExpression('timestamp', 30)} SETTINGS a = 1`,
})

for (const [what, table, settings, expected] of [
  ['as asked', events(), {}, null],
  ['as asked, with a TTL', withTtl, { retentionDays: 30 }, null],
  ['another engine', events({ engine: 'MergeTree' }), {}, /^refused.*keeps every copy/],
  ['another order', events({ sorting_key: 'timestamp' }), {}, /^refused.*sorted by \(timestamp\)/],
  ['not replicated', events(), { isReplicated: true }, /^told.*not replicated/],
  [
    'replicated by the cloud',
    events({ engine: 'SharedReplacingMergeTree' }),
    { isReplicated: true },
    null,
  ],
  ['kept for ever', events(), { retentionDays: 7 }, /^told.*MODIFY TTL.*toIntervalDay\(7\)/],
  ['kept shorter', withTtl, { retentionDays: 60 }, /^told.*toIntervalDay\(60\)/],
  ['not to be deleted', withTtl, {}, /^told.*REMOVE TTL/],
  ["somebody else's table", events({ name: 'mine', engine: 'Log' }), {}, null],
] as const) {
  test(`a table that exists: ${what}`, () => {
    const [first] = compareTables([table], settings)
    if (expected === null) assert.equal(first, undefined)
    else assert.match(first === undefined ? 'nothing' : `${first.severity} ${first.text}`, expected)
  })
}
