import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawCoordinator } from 'kafkajs/src/consumer/consumerGroup.js'
import { createCoordinator } from './named-coordinator.ts'

const [HEARTBEAT, SYNC_GROUP] = [12, 14]

test('a name is in every request, and only the sync is waited for longer', async () => {
  const broker: unknown = { lookupRequest: () => (details: object) => ({ request: details }) }
  const named = createCoordinator({
    cluster: { findGroupCoordinator: async () => broker as RawCoordinator }, // what is not here is not used
    groupId: 'g',
    name: { id: 'pod-1' },
    syncWithinMs: 11_000,
  })
  const made = [HEARTBEAT, SYNC_GROUP].map(async (api) =>
    (await named.find()).lookupRequest(api, null)({ groupId: 'g' }),
  )
  const request = { groupId: 'g', groupInstanceId: 'pod-1' }
  assert.deepEqual(await Promise.all(made), [{ request }, { request, requestTimeout: 11_000 }])
})
