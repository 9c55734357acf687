import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { READS_ALL, readByShard } from '../shards/shards.ts'
import {
  assign,
  assignPartitions,
  protocolOf,
  readAssignment,
  type Subscriber,
} from './consumer-assigner.ts'

const partitionsOf = (topic: string, count: number) =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }))

const newcomer = (memberId: string, ...topics: readonly string[]): Subscriber => ({
  memberId,
  topics,
  claim: null,
})

type Shares = ReturnType<typeof assignPartitions>

/** The same members, who have heard of this and join again. */
const knowing = (members: readonly Subscriber[], shares: Shares, generation: number) =>
  members.map((member): Subscriber => ({
    ...member,
    claim: { generation, owned: shares.get(member.memberId) ?? [] },
  }))

const keysOf = (share: Iterable<{ readonly topic: string; readonly partition: number }> = []) =>
  new Set([...share].map(partitionKey))

test('every partition goes to one of those that read its topic, and to nobody else', () => {
  const members = [newcomer('b', 'ours'), newcomer('a', 'ours'), newcomer('c', 'theirs')]
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

test('who joins gets its share when the others have let go of it, and nobody moves more than that', () => {
  const topic = partitionsOf('t', 12)
  const two = [newcomer('a', 't'), newcomer('b', 't')]
  const alone = assignPartitions(two, topic)
  const three = [...knowing(two, alone, 1), newcomer('c', 't')]
  const first = assignPartitions(three, topic)
  assert.deepEqual(
    [...first.values()].map((share) => share.length),
    [4, 4, 0],
    'what must move is given to nobody while it is claimed',
  )
  const second = assignPartitions(knowing(three, first, 2), topic)
  assert.deepEqual(
    [...second.values()].map((share) => share.length),
    [4, 4, 4],
  )
  for (const id of ['a', 'b']) {
    assert.ok(keysOf(second.get(id)).isSubsetOf(keysOf(alone.get(id))), `${id} kept what it had`)
  }
})

test('what the dead one had goes to those that are left, who keep their own', () => {
  const topic = partitionsOf('t', 12)
  const three = ['a', 'b', 'c'].map((id) => newcomer(id, 't'))
  const before = assignPartitions(three, topic)
  const left = knowing(three, before, 1).filter(({ memberId }) => memberId !== 'b')
  const after = assignPartitions(left, topic)
  for (const id of ['a', 'c']) {
    assert.equal(after.get(id)?.length, 6)
    assert.ok(keysOf(after.get(id)).isSupersetOf(keysOf(before.get(id))))
  }
})

test('of two who claim a partition, the one that slept through its loss does not have it', () => {
  const [one] = partitionsOf('t', 1)
  assert.ok(one)
  const claims = (memberId: string, generation: number): Subscriber => ({
    memberId,
    topics: ['t'],
    claim: { generation, owned: [one] },
  })
  const shares = assignPartitions([claims('a', 5), claims('b', 6)], [one])
  assert.deepEqual([shares.get('a'), shares.get('b')], [[], [one]])
})

test('topics of one partition are spread over the members', () => {
  const members = ['a', 'b', 'c', 'd'].map((id) => newcomer(id, 't', 'x', 'y', 'z'))
  const shares = assignPartitions(members, [
    ...partitionsOf('t', 4),
    ...['x', 'y', 'z'].flatMap((topic) => partitionsOf(topic, 1)),
  ])
  const counts = [...shares.values()].map((share) => share.length)
  assert.deepEqual([Math.min(...counts), Math.max(...counts)], [1, 2])
})

test('whoever comes and goes: no partition has two owners, and two joins later each has its share for good', () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(ids, { minLength: 1, maxLength: 6 }), fc.nat(13), (rounds, count) => {
      const all = [...partitionsOf('t', count), ...partitionsOf('side', 1)]
      let owned: Shares = new Map()
      let generation = 0
      const join = (present: readonly string[]): void => {
        const members = present.map((id) => newcomer(id, 't', 'side'))
        const joining = knowing(members, owned, generation)
        const before = owned
        owned = assignPartitions(joining, all)
        generation++
        for (const [id, share] of owned) {
          for (const [other, had] of before) {
            if (other === id || !present.includes(other)) continue
            assert.ok(keysOf(share).isDisjointFrom(keysOf(had)), 'given away while it was claimed')
          }
        }
      }
      for (const present of rounds) {
        join(present)
        join(present)
        const shares = [...owned.values()]
        const given = shares.flat().map(partitionKey)
        assert.deepEqual(new Set(given), keysOf(all))
        assert.equal(given.length, all.length)
        const counts = shares.map((share) => share.filter(({ topic }) => topic === 't').length)
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join())
        const settled = owned
        join(present)
        for (const [id, share] of owned) assert.deepEqual(keysOf(share), keysOf(settled.get(id)))
      }
    }),
  )
})

/** A cluster whose topics have so many partitions. */
function clusterWith(counts: Readonly<Record<string, number>>): RawCluster {
  const topicMetadata = Object.entries(counts).map(([topic, count]) => ({
    topic,
    topicErrorCode: 0,
    partitionMetadata: partitionsOf(topic, count).map(({ partition }) => ({
      partitionId: partition,
      leader: 1,
    })),
  }))
  const cluster: unknown = {
    addMultipleTargetTopics: async () => {},
    refreshMetadata: async () => {},
    brokerPool: { metadata: { topicMetadata } },
  }
  return cluster as RawCluster // a stand-in: what is not here is not used
}

test('the group of a shard shares out its partitions, and all of the topic that every shard reads', async () => {
  const topics = ['tracked', 'rejected', 'keys']
  const cluster = clusterWith({ tracked: 8, rejected: 4, keys: 4 })
  const nothing = { generation: -1, owned: [] }
  const members = ['a', 'b'].map((memberId) => ({
    memberId,
    memberMetadata: protocolOf(topics, nothing).metadata,
  }))
  const isRead = readByShard({ shard: 2, shards: 2 }, ['keys'])
  const sent = await assign(cluster, members, isRead)
  const assigned = sent.flatMap((each) => {
    const { assigned: share } = readAssignment(each.memberAssignment, topics, READS_ALL)
    assert.equal(share.length, 5, `${each.memberId} has as much as the other`)
    return share
  })
  const expected = [1, 3, 5, 7].map((n) => `tracked/${n}`)
  expected.push('rejected/1', 'rejected/3', 'keys/0', 'keys/1', 'keys/2', 'keys/3')
  assert.deepEqual(keysOf(assigned), new Set(expected))
})

test('partitions of another shard are not taken from a leader that gives them', async () => {
  const nothing = { generation: -1, owned: [] }
  const members = [{ memberId: 'a', memberMetadata: protocolOf(['t'], nothing).metadata }]
  const [sent] = await assign(clusterWith({ t: 4 }), members, READS_ALL) // as a release without shards
  const isRead = readByShard({ shard: 1, shards: 2 }, [])
  const { assigned } = readAssignment(sent?.memberAssignment ?? Buffer.alloc(0), ['t'], isRead)
  assert.deepEqual(keysOf(assigned), new Set(['t/0', 't/2']))
})

test('everybody is told whom the leader meant, and whether something is given away later', async () => {
  const all = partitionsOf('t', 4)
  const membersWith = (owned: typeof all) =>
    [
      { memberId: 'owner', claim: { generation: 1, owned } },
      { memberId: 'newcomer', claim: { generation: -1, owned: [] } },
    ].map(({ memberId, claim }) => ({
      memberId,
      memberMetadata: protocolOf(['t'], claim).metadata,
    }))
  for (const [owned, isUnfinished] of [
    [all, true],
    [all.slice(0, 2), false],
  ] as const) {
    for (const sent of await assign(clusterWith({ t: 4 }), membersWith([...owned]), READS_ALL)) {
      const { told } = readAssignment(sent.memberAssignment, ['t'], READS_ALL)
      assert.deepEqual([told.memberId, told.isUnfinished], [sent.memberId, isUnfinished])
    }
  }
})
