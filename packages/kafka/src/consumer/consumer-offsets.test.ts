import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { byTopic, committedOffsets, partitionStates } from './consumer-offsets.ts'
import { startPositions } from './consumer-positions.ts'

const topic = 'events'
const LATEST = -1

/** A cluster with one partition of 900 offsets, of which 600 may be read: a transaction is open there. */
function clusterWithOpenTransaction(committed = 600): RawCluster {
  const answerOf = (offset: number) => ({
    responses: [{ topic, partitions: [{ partition: 0, offset: String(offset), errorCode: 0 }] }],
  })
  const broker = {
    listOffsets: async (asked: {
      readonly isolationLevel: number
      readonly topics: readonly { readonly partitions: readonly { readonly timestamp: number }[] }[]
    }) => {
      const isEnd = asked.topics[0]?.partitions[0]?.timestamp === LATEST
      return answerOf(isEnd ? (asked.isolationLevel === 1 ? 600 : 900) : 0)
    },
  }
  const partitionMetadata = [{ partitionId: 0, leader: 1 }]
  const cluster: unknown = {
    brokerPool: { metadata: { topicMetadata: [{ topic, topicErrorCode: 0, partitionMetadata }] } },
    findBroker: async () => broker,
    findGroupCoordinator: async () => ({ offsetFetch: async () => answerOf(committed) }),
  }
  return cluster as RawCluster // a stand-in: what is not here is not used
}

test('what a group knows to be lost is committed beside its offsets, and read with them', async () => {
  const lost = { topic, partition: 0, offset: 9, lostBefore: 4, cutAt: 0 }
  const none = { topic, partition: 1, offset: 5 }
  const [committed] = byTopic([lost, none])
  const partitions = committed?.partitions.map((each) => ({ ...each, errorCode: 0 })) ?? []
  const found = async (answers: typeof partitions) => {
    const coordinator = {
      offsetFetch: async () => ({ responses: [{ topic, partitions: answers }] }),
    }
    const cluster: unknown = { findGroupCoordinator: async () => coordinator }
    // a stand-in: what is not here is not used
    return (await committedOffsets(cluster as RawCluster, 'g', [lost, none])).offsets
  }
  assert.deepEqual(await found(partitions), [lost, none])
  const later = partitions.map((each) => ({ ...each, metadata: 'cut_at=7 also=that' }))
  assert.deepEqual(
    (await found(later)).map(({ cutAt }) => cutAt),
    [7, 7],
  )
  for (const metadata of [
    '',
    'AQAAAX',
    'lost_before=',
    'lost_before=-1',
    'lost_before=4 ',
    'lost_before=4 running',
    'cut_at=1e3',
    'x'.repeat(4_096),
  ]) {
    const ofOthers = partitions.map((each) => ({ ...each, metadata }))
    assert.deepEqual(
      await found(ofOthers),
      [lost, none].map(({ partition, offset }) => ({ topic, partition, offset })),
    )
  }
})

test('records behind an open transaction are no place to begin, but they wait', async () => {
  const cluster = clusterWithOpenTransaction()
  const place = { topic, partition: 0 }
  const known = { ...place, committed: 600, earliest: 0 }
  const member = await partitionStates(cluster, 'g', [place])
  assert.deepEqual(member, { states: [{ ...known, latest: 600 }], refused: [] })
  const whole = await partitionStates(cluster, 'g', [place], 'written')
  assert.deepEqual(whole, { states: [{ ...known, latest: 900 }], refused: [] })
})

test('a commit behind an open transaction lies within the log, one beyond what was written does not', async () => {
  const latestFor = async (committed: number) => {
    const place = { topic, partition: 0 }
    const { states } = await partitionStates(clusterWithOpenTransaction(committed), 'g', [place])
    const { positions, outOfRange } = startPositions(states, 'halt')
    return positions[0]?.offset ?? outOfRange[0]?.latest
  }
  assert.equal(await latestFor(750), 750)
  assert.equal(await latestFor(900), 900)
  assert.equal(await latestFor(901), 900)
})

test(
  'a leader is asked for both ends of a log at once: a silent one is waited for once',
  { timeout: 10_000 },
  async () => {
    const both = Promise.withResolvers<void>()
    let asked = 0
    const answer = {
      responses: [{ topic, partitions: [{ partition: 0, offset: '1', errorCode: 0 }] }],
    }
    const cluster: unknown = {
      ...clusterWithOpenTransaction(),
      findBroker: async () => ({
        listOffsets: async () => {
          if (++asked === 2) both.resolve()
          await both.promise
          return answer
        },
      }),
    }
    const { states } = await partitionStates(cluster as RawCluster, 'g', [{ topic, partition: 0 }])
    assert.equal(states.length, 1)
  },
)
