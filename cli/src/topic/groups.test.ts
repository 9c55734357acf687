import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsProblem, type SeenGroup } from './groups.ts'

const seen = (group: string, change: Partial<SeenGroup> = {}): SeenGroup => ({
  group,
  isThere: true,
  earlier: [],
  ...change,
})
const nobody = { isThere: false }

for (const [what, groups, hasConsumers, expected] of [
  ['every group has been there', [seen('a'), seen('b')], true, null],
  [
    'the only group was never there',
    [seen('a', nobody)],
    true,
    /^consumer group a has neither members nor commits: is KAFKA_CONSUMER_GROUP right, and CLICKHOUSE_SHARDS \(1 here\)\?/,
  ],
  [
    'one of two was never there',
    [seen('a'), seen('b', nobody)],
    true,
    /group b has neither.*\(2 here\).*--no-consumers/,
  ],
  [
    'neither was ever there',
    [seen('a', nobody), seen('b', nobody)],
    true,
    /groups a, b have neither/,
  ],
  ['nobody is there, as was said', [seen('a', nobody), seen('b', nobody)], false, null],
  [
    'a member is of an earlier release',
    [seen('a'), seen('b', { earlier: ['m at h'] })],
    true,
    /^1 of the consumers are of an earlier release.*\(m at h\)/,
  ],
  [
    'one is, and was said not to be',
    [seen('a', { earlier: ['m at h'] })],
    false,
    /of an earlier release/,
  ],
] as const)
  // prettier-ignore
  test(`the topic ${expected === null ? 'may' : 'must not'} grow where ${what}`, () => {
    const problem = groupsProblem(groups, { shards: groups.length, hasConsumers })
    if (expected === null) assert.equal(problem, null)
    else assert.match(problem ?? '', expected)
  })
