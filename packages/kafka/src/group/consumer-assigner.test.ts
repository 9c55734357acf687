import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignPartitions } from './consumer-assigner.ts'

const partitionsOf = (topic: string, count: number) =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }))

test('every partition goes to one of those that read its topic, and to nobody else', () => {
  const members = [
    { memberId: 'b', topics: ['ours'] },
    { memberId: 'a', topics: ['ours'] },
    { memberId: 'c', topics: ['theirs'] },
  ]
  const shares = assignPartitions(members, [
    ...partitionsOf('ours', 4),
    ...partitionsOf('theirs', 2),
    ...partitionsOf('of nobody', 2),
  ])
  const counts = [...shares].map(([id, share]) => [id, share.map(({ topic }) => topic)])
  assert.deepEqual(counts, [
    ['a', ['ours', 'ours']],
    ['b', ['ours', 'ours']],
    ['c', ['theirs', 'theirs']],
  ])
})
