import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filledLine, proposalLines } from './report.ts'

const plan = {
  property: 'plan',
  queries: 412,
  seconds: 96.25,
  rows: 1.2e9,
  gainSeconds: 81,
  microsecondsPerRow: 0.42,
  column: { property: 'plan', type: 'LowCardinality(String)', comment: 'Property plan, as sent.' },
  why: null,
}
const tags = {
  property: 'tags',
  queries: 3,
  seconds: 0.5,
  rows: 0,
  gainSeconds: null,
  microsecondsPerRow: null,
  column: null,
  why: 'several types',
}

test('proposals are a table with figures, the reasons, and what to declare', () => {
  assert.deepEqual(
    proposalLines({ statements: 500, logBegins: null, proposals: [plan, tags] }, 7),
    [
      'What 500 queries of 7 days read from the JSON (system.query_log), the costliest first:',
      'property  queries  seconds  rows read  saves at most  costs an insert',
      'plan          412     96.3     1.2e+9  81.0 s (84 %)     0.4 µs a row',
      'tags            3      0.5  not known      not known        not known',
      '  tags: no column proposed, several types',
      'Each that you want: into schemas/hot-properties.json (or "x-hot" in a tracking plan), then `npm run setup`,',
      'then `npm run hot-properties -- --fill` for the events that are there already:',
      '  {"property":"plan","type":"LowCardinality(String)","comment":"Property plan, as sent."},',
    ],
  )
})

test('no name that a producer made writes on the terminal as it likes', () => {
  const property = 'plan\u001b]0;owned\u0007\u009b2K\u2028\nqueries'
  const column = { ...plan.column, property }
  const lines = [
    ...proposalLines(
      { statements: 5, logBegins: null, proposals: [{ ...plan, property, column, why: 'x' }] },
      7,
    ),
    filledLine([property], { outcome: 'filled', months: 1, rows: 7 }),
  ]
  for (const line of lines) assert.match(line, /^[ -~µ]+$/)
  const declared: unknown = JSON.parse(lines.at(-2)?.replace(/,$/, '') ?? '')
  assert.deepEqual(declared, column)
})

test('nothing to propose is said in a sentence', () => {
  assert.deepEqual(proposalLines({ statements: 3, logBegins: null, proposals: [] }, 30), [
    '3 queries of events of 30 days are in system.query_log; none reads a property from the JSON.',
  ])
})

test('a log that is shorter than what was asked for says since when it is', () => {
  const logBegins = '2026-01-31 09:30:00'
  assert.deepEqual(proposalLines({ statements: 3, logBegins, proposals: [] }, 7), [
    '3 queries of events since 2026-01-31 09:30:00 UTC are in system.query_log; none reads a property from the JSON.',
    'The log begins then, and not 7 days ago.',
  ])
  const lines = proposalLines({ statements: 3, logBegins, proposals: [tags] }, 7)
  assert.equal(
    lines[0],
    'What 3 queries since 2026-01-31 09:30:00 UTC read from the JSON (system.query_log), the costliest first:',
  )
  assert.equal(lines.at(-1), 'The log begins then, and not 7 days ago.')
})

for (const [columns, result, line] of [
  [['plan'], { outcome: 'filled', months: 1, rows: 7 }, 'plan: filled for 7 rows in 1 month'],
  [['a', 'b'], { outcome: 'filled', months: 0, rows: 0 }, 'a, b: filled already in every part'],
  [
    ['a'],
    { outcome: 'stopped', months: 2, rows: 7 },
    'stopped; 7 rows in 2 months are done, the rest is as it was: run it again to go on',
  ],
  [
    [],
    { outcome: 'filled', months: 0, rows: 0 },
    'there are no hot columns to fill: declare some in schemas/hot-properties.json or by "x-hot", then run setup',
  ],
] as const) {
  test(`what became of a fill is a sentence: ${line}`, () => {
    assert.equal(filledLine(columns, result), line)
  })
}
