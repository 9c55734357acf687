import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinProblem, pinsOf, pinTopic } from './partition-pin.ts'

test('the pinned number is read back from the names of topics, and only from that of this topic', () => {
  const names = [
    't',
    pinTopic('t', 12),
    pinTopic('t.v2', 6),
    pinTopic('t', 3),
    't.partitions-x',
    't.partitions-012',
    't.partitions-',
    'other.partitions-9',
  ]
  assert.deepEqual(pinsOf('t', names), [3, 12])
  assert.deepEqual(pinsOf('none', names), [])
})

for (const [what, given, expected] of [
  ['as pinned', { wanted: 12, found: 12, pins: [12] }, null],
  ['partitions were added', { wanted: 12, found: 24, pins: [12] }, null],
  [
    'the new number after partitions were added',
    { wanted: 24, found: 24, pins: [12] },
    /set KAFKA_PARTITIONS=12/,
  ],
  ['more than there are', { wanted: 48, found: 24, pins: [12] }, /set KAFKA_PARTITIONS=12/],
  ['fewer than pinned', { wanted: 4, found: 12, pins: [12] }, /set KAFKA_PARTITIONS=12/],
  ['made anew with fewer', { wanted: 12, found: 6, pins: [12] }, /made anew with fewer/],
  [
    'pinned to two numbers',
    { wanted: 12, found: 12, pins: [6, 12] },
    /6 and with 12.*delete.*only lasting record of what is split: read it before/,
  ],
  ['not pinned yet, as many as there are', { wanted: 12, found: 12, pins: [] }, null],
  [
    'not pinned yet, more than there are',
    { wanted: 4, found: 2, pins: [] },
    /has 2 partitions, 4 are configured.*KAFKA_PARTITIONS=2/,
  ],
  [
    'not pinned, and partitions may have been added',
    { wanted: 12, found: 24, pins: [] },
    /create the topic t\.partitions-12 with one partition and retention\.ms=-1.*KAFKA_PARTITIONS=24/,
  ],
] as const) {
  test(`places of accounts, ${what}: ${expected === null ? 'allowed' : 'refused with the way out'}`, () => {
    const problem = pinProblem('t', given)
    if (expected === null) assert.equal(problem, null)
    else assert.match(problem ?? '', expected)
  })
}
