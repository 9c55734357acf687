import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawBroker, RawCluster, RawFetch } from 'kafkajs/src/consumer/consumerGroup.js'
import { fetchInPlace } from './fetch-in-place.ts'
import { FETCH_VERSION } from './fetch-response.ts'

/** A response about no topic at all. */
function emptyResponse(throttledMs: number): Buffer {
  const payload = Buffer.alloc(14)
  payload.writeInt32BE(throttledMs)
  return payload
}

test('for how long a broker holds fetches back is told with every answer', async () => {
  const answers = [0, 1_234]
  /** As kafkajs does it: makes the request by its own lookup, and has the answer decoded. */
  class StockBroker {
    lookupRequest() {
      return () => ({ request: { apiVersion: FETCH_VERSION }, response: {} })
    }
    async fetch(this: RawBroker, options: RawFetch) {
      const { decode } = this.lookupRequest(1, {})(options).response
      return decode(emptyResponse(answers.shift() ?? 0))
    }
  }
  const broker = new StockBroker()
  const cluster = { findBroker: async () => broker } as unknown as RawCluster // all of it that is used
  const told: (readonly [number, number])[] = []
  fetchInPlace(cluster, (...of) => told.push(of))
  const found = await cluster.findBroker({ nodeId: '1' })
  await found.fetch({ topics: [] })
  await found.fetch({ topics: [] })
  assert.deepEqual(told, [
    [1, 0],
    [1, 1_234],
  ])
})
