import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeGroup } from './group-judge.ts'

const OURS = ['tracked', 'rejected', 'dead', 'keys']

test('a member of another release is ours; who reads one topic of ours, or another deployment, is foreign', () => {
  const rows = [
    // topics, makes claims, expected
    [OURS, true, 'same'],
    [OURS, false, 'earlier'],
    [['tracked', 'rejected', 'dead'], false, 'earlier'],
    [[...OURS, 'tracked.g2'], true, 'same'],
    [['tracked'], false, 'foreign'],
    [['tracked', 'rejected'], true, 'foreign'],
    [['theirs', 'rejected', 'dead.theirs', 'keys.theirs'], true, 'foreign'],
    [[], false, 'foreign'],
  ] as const
  for (const [topics, makesClaims, expected] of rows) {
    const place = { topic: 'tracked', partition: 0 }
    const member = {
      memberId: 'm',
      clientId: 'c',
      host: '/1',
      topics,
      assigned: [place],
      makesClaims,
    }
    const { foreign, earlier, unassigned } = judgeGroup(OURS, [place], [member])
    const found = foreign.length > 0 ? 'foreign' : earlier.length > 0 ? 'earlier' : 'same'
    assert.equal(found, expected, topics.join())
    assert.equal(
      unassigned.length,
      expected === 'foreign' ? 1 : 0,
      'what a stranger has nobody reads',
    )
  }
})
