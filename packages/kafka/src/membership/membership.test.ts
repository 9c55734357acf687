import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssignerProtocol } from 'kafkajs'
import type { RawCluster, RawCoordinator } from 'kafkajs/src/consumer/consumerGroup.js'
import { createLogger } from '@custom-events/runtime'
import { KafkaCodeError, kafkaVerdict } from '../errors/kafka-errors.ts'
import { NO_NAME } from '../group/instance-name.ts'
import { encodeTold, NOTHING_TOLD } from '../group/ownership.ts'
import { READS_ALL } from '../shards/shards.ts'
import { createMembership } from './membership.ts'

const WITHIN = { timeout: 10_000 }
const UNKNOWN_MEMBER_ID = 25
const NOTHING = Buffer.alloc(0)

/** A group whose coordinator answers as its test says; all else at once. */
function groupThat(answers: Partial<RawCoordinator>) {
  const said: string[] = []
  const told = <T>(what: string, answer: T): T => (said.push(what), answer)
  const coordinator: RawCoordinator = {
    nodeId: 1,
    isConnected: () => true,
    joinGroup: async () => ({ generationId: 1, leaderId: 'other', memberId: 'm', members: [] }),
    syncGroup: async () => told('sync', { memberAssignment: NOTHING }),
    heartbeat: async () => told('heartbeat', {}),
    offsetCommit: async () => told('commit', {}),
    leaveGroup: async () => ({}),
    lookupRequest: () => () => ({}),
    describeGroups: async () => ({ groups: [] }),
    offsetFetch: async () => ({ responses: [] }),
    ...answers,
  }
  const cluster: unknown = {
    connect: async () => {},
    disconnect: async () => {},
    addMultipleTargetTopics: async () => {},
    findGroupCoordinator: async () => coordinator,
    brokerPool: { brokers: {} },
  }
  const membership = createMembership({
    cluster: cluster as RawCluster, // a stand-in: what is not here is not used
    connectAside: () => cluster as RawCluster,
    kafka: { brokers: ['a'], clientId: 'c', isTlsEnabled: false, sasl: null },
    consumerGroup: 'g',
    topics: ['t'],
    isRead: READS_ALL,
    times: { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 60_000, heartbeatMs: 1 },
    name: NO_NAME,
    closing: new AbortController().signal,
    log: createLogger({ service: 'test', level: 'silent' }),
  })
  return { membership, said }
}

const isForgotten = (error: unknown): boolean => kafkaVerdict(error).code === 'UNKNOWN_MEMBER_ID'

test('who has no place commits nothing: Kafka would take it from anybody', WITHIN, async () => {
  const { membership, said } = groupThat({
    heartbeat: () => Promise.reject(new KafkaCodeError(UNKNOWN_MEMBER_ID)),
  })
  await assert.rejects(membership.commit([]), isForgotten)
  await membership.join()
  await membership.commit([])
  await assert.rejects(membership.heartbeat(), isForgotten)
  assert.equal(membership.isMember, false)
  await assert.rejects(membership.commit([]), isForgotten)
  await assert.rejects(membership.heartbeat(), isForgotten)
  assert.deepEqual(
    said.filter((each) => each === 'commit'),
    ['commit'],
  )
})

test('a join that is never answered ends when the group has forgotten us', WITHIN, async () => {
  let joins = 0
  const { membership } = groupThat({
    joinGroup: () => {
      if (joins++ > 0) return new Promise(() => {})
      return Promise.resolve({ generationId: 1, leaderId: 'other', memberId: 'm', members: [] })
    },
    heartbeat: async () => {
      if (joins > 1) throw new KafkaCodeError(UNKNOWN_MEMBER_ID)
    },
  })
  await membership.join()
  const joining = membership.joinAside(new AbortController().signal, () => {})
  await assert.rejects(joining, isForgotten)
  assert.equal(membership.isMember, false)
})

test('a join that is never answered ends when nobody waits for it any more', WITHIN, async () => {
  const { membership } = groupThat({ joinGroup: () => new Promise(() => {}) })
  const released = new AbortController()
  const joining = membership.joinAside(released.signal, () => {})
  setImmediate(() => released.abort())
  await assert.rejects(joining, { name: 'AbortError' })
})

test(
  'to be joined is a word of the group, before it is known what is assigned',
  WITHIN,
  async () => {
    const synced = Promise.withResolvers<{ memberAssignment: Buffer }>()
    const heard = Promise.withResolvers<void>()
    const { membership } = groupThat({
      syncGroup: () => synced.promise,
      heartbeat: () => new Promise(() => {}),
    })
    const joining = membership.joinAside(new AbortController().signal, heard.resolve)
    await heard.promise
    synced.resolve({ memberAssignment: NOTHING })
    assert.equal(await joining, true)
  },
)

test(
  'what was given to a dead one of our name, who read other topics, makes us join once more',
  WITHIN,
  async () => {
    const taken = [['other'], ['t'], null]
    const { membership } = groupThat({
      syncGroup: async () => {
        const topics = taken.shift() ?? null
        const userData =
          topics === null ? NOTHING : encodeTold({ ...NOTHING_TOLD, mayReadOn: true, topics })
        return {
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: 0,
            assignment: { t: [0] },
            userData,
          }),
        }
      },
    })
    await membership.join()
    assert.equal(membership.isJoinDue, true, 'the leader took us to read another topic')
    await membership.joinAside(new AbortController().signal, () => {})
    assert.equal(membership.isJoinDue, false, 'it knows')
    await membership.joinAside(new AbortController().signal, () => {})
    assert.equal(membership.isJoinDue, false, 'a leader of an earlier release does not say')
  },
)

test(
  'what was given to a dead one of our name, before another had let go of its own, makes us join once more',
  WITHIN,
  async () => {
    const told = [
      { memberId: 'dead', isUnfinished: true },
      { memberId: 'm', isUnfinished: true },
      { memberId: 'dead', isUnfinished: false },
    ]
    const { membership } = groupThat({
      syncGroup: async () => ({
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 0,
          assignment: {},
          userData: encodeTold({ ...NOTHING_TOLD, ...told.shift() }),
        }),
      }),
    })
    const joinAside = () => membership.joinAside(new AbortController().signal, () => {})
    await membership.join()
    assert.equal(membership.isJoinDue, true, 'whoever was to let go of it may be dead, too')
    await joinAside()
    assert.equal(membership.isJoinDue, false, 'it was meant for us: who has it joins again')
    await joinAside()
    assert.equal(membership.isJoinDue, false, 'all was given')
  },
)
