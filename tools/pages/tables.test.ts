import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedComments, describedIn, describedTables, FIRST } from './tables.ts'

test('what analysts query comes first: every view, in the order of the page', () => {
  const described = describedTables()
  const names = described.map(({ name }) => name)
  assert.deepEqual(names.slice(0, FIRST.length), FIRST)
  const views = described.filter(({ kind }) => kind === 'view').map(({ name }) => name)
  assert.deepEqual(
    views.filter((name) => !FIRST.includes(name)),
    [],
  )
})

test('a view without a list of columns has those of tracked, or is refused', () => {
  const view = (columns: string): string =>
    `CREATE OR REPLACE VIEW mine \${ON_CLUSTER} AS\nSELECT ${columns}\nFROM events FINAL\nCOMMENT 'Mine.';`
  assert.deepEqual(describedIn('a.sql', view('${TRACKED_COLUMNS}')), [
    { name: 'mine', kind: 'view', comment: 'Mine.', columns: [] },
  ])
  assert.throws(
    () => describedIn('a.sql', view('count() AS events')),
    /^Error: a\.sql: mine has no list of columns: name them, or select \$\{TRACKED_COLUMNS\}$/,
  )
})

test('of a comment that was changed later the last is told', () => {
  const change = "ALTER TABLE ${KEYS_DATABASE}.mine ${ON_CLUSTER} COMMENT COLUMN a 'It''s new.';"
  assert.deepEqual(changedComments(change), [['mine.a', "It's new."]])
  const kind = describedTables()
    .find(({ name }) => name === 'erasures')
    ?.columns.find(({ name }) => name === 'kind')
  assert.match(kind?.comment ?? '', /user_in_group/)
})
