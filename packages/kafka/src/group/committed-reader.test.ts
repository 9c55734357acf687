import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { askingCommitted } from './committed-reader.ts'

const topic = 'events'
const NOT_LEADER_OR_FOLLOWER = 6
const GROUP_AUTHORIZATION_FAILED = 30
const LATEST = -1

interface Answer {
  readonly offset: number
  readonly errorCode?: number
  readonly metadata?: string
}

/** A cluster of one broker that answers so of each partition, and what it was asked. */
function clusterOf(written: readonly Answer[], committed: readonly Answer[]) {
  const asked = { refreshes: 0, timestamps: new Set<number>() }
  const answerOf = (answers: readonly Answer[]) => ({
    responses: [
      {
        topic,
        partitions: answers.map(({ offset, errorCode = 0, metadata = '' }, partition) => ({
          partition,
          metadata,
          offset: String(offset),
          errorCode,
        })),
      },
    ],
  })
  const broker = {
    listOffsets: async (request: {
      readonly topics: readonly { readonly partitions: readonly { readonly timestamp: number }[] }[]
    }) => {
      for (const { timestamp } of request.topics.flatMap(({ partitions }) => partitions)) {
        asked.timestamps.add(timestamp)
      }
      return answerOf(written)
    },
  }
  const partitionMetadata = written.map((_, partitionId) => ({ partitionId, leader: 1 }))
  const cluster: unknown = {
    brokerPool: { metadata: { topicMetadata: [{ topic, topicErrorCode: 0, partitionMetadata }] } },
    findBroker: async () => broker,
    findGroupCoordinator: async () => ({ offsetFetch: async () => answerOf(committed) }),
    refreshMetadata: async () => void (asked.refreshes += 1),
  }
  const places = written.map((_, partition) => ({ topic, partition }))
  return { cluster: cluster as RawCluster, places, asked } // a stand-in: what is not here is not used
}

test('a partition whose leader refuses costs the others nothing; its new leader is asked for once a second', async () => {
  const refused = { offset: -1, errorCode: NOT_LEADER_OR_FOLLOWER }
  const { cluster, places, asked } = clusterOf(
    [{ offset: 9 }, refused],
    [{ offset: 7 }, { offset: 3 }],
  )
  const ask = askingCommitted('g')
  for (let look = 0; look < 5; look++) {
    assert.deepEqual(await ask(cluster, places), new Map([[0, 7]]))
  }
  assert.equal(asked.refreshes, 1)
  assert.deepEqual(asked.timestamps, new Set([LATEST]))
})

test('nothing committed, and a commit beyond the end, vouch for nothing', async () => {
  const { cluster, places, asked } = clusterOf(
    [{ offset: 9 }, { offset: 9 }, { offset: 9 }, { offset: 9 }],
    [{ offset: -1 }, { offset: 10 }, { offset: 9 }, { offset: 9, metadata: 'cut_at=4' }],
  )
  assert.deepEqual(await askingCommitted('g')(cluster, places), new Map([[2, 9]]))
  assert.equal(asked.refreshes, 0)
})

test('what the coordinator refuses is a failure of the group', async () => {
  const { cluster, places } = clusterOf(
    [{ offset: 9 }],
    [{ offset: -1, errorCode: GROUP_AUTHORIZATION_FAILED }],
  )
  await assert.rejects(askingCommitted('g')(cluster, places), /GROUP_AUTHORIZATION_FAILED/)
})
