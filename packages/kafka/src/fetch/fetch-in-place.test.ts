import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawBroker, RawCluster, RawFetch } from 'kafkajs/src/consumer/consumerGroup.js'
import { fetchInPlace } from './fetch-in-place.ts'
import { FETCH_VERSION, responseBytesOf } from './fetch-response.ts'

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
  const all = { findBroker: async () => broker, getNodeIds: () => [1] }
  const cluster = all as unknown as RawCluster // all of it that is used
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

test('however many brokers are read from at once, what comes in beyond the memory budget is bounded', () => {
  const MIB = 1_048_576
  const together = [1, 2, 3, 8, 12, 30].map((brokers) => {
    const each = responseBytesOf(brokers)
    return [brokers, Math.round(each / MIB), Math.round((brokers * each) / MIB)]
  })
  assert.deepEqual(together, [
    [1, 32, 32],
    [2, 32, 64],
    [3, 21, 64],
    [8, 8, 64],
    [12, 8, 96], // a partition's share is never cut: these read 12 of them or more
    [30, 8, 240],
  ])
})
