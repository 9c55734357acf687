import type { RawBroker, RawCluster, RawFetch } from 'kafkajs/src/consumer/consumerGroup.js'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import { decodeFetchResponse, FETCH_VERSION, responseBytesOf } from './fetch-response.ts'
import type { OpenBatch } from '../record-batch/inflating.ts'
import { createOpenBatches, type OpenBatches } from '../record-batch/open-batches.ts'
import type { OnThrottled } from '../errors/throttling.ts'

/**
 * Lets the brokers of this cluster answer fetches with records that are read in place. Only for a cluster
 * whose batches go through `toFetchedRecords`: to everybody else its partitions look empty. Brokers that
 * speak an older version of the protocol are left as they are.
 *
 * @param onThrottled told of every answer.
 */
export function fetchInPlace(cluster: RawCluster, onThrottled: OnThrottled): void {
  const open = createOpenBatches<OpenBatch>()
  const find = cluster.findBroker.bind(cluster)
  cluster.findBroker = async (at) => {
    const broker = await find(at)
    if (!Object.hasOwn(broker, 'fetch')) {
      replaceFetch(broker, {
        open,
        maxBytes: () => responseBytesOf(cluster.getNodeIds().length),
        onThrottled: (ms) => onThrottled(Number(at.nodeId), ms),
      })
    }
    return broker
  }
}

/** kafkajs makes and sends the request; only how the answer is decoded is ours. */
function replaceFetch(
  broker: RawBroker,
  {
    open,
    maxBytes,
    onThrottled,
  }: {
    readonly open: OpenBatches<OpenBatch>
    readonly maxBytes: () => number
    readonly onThrottled: (ms: number) => void
  },
): void {
  const fetchOfKafkaJs = broker.fetch
  broker.fetch = (options) => {
    const asking: RawBroker = Object.create(broker) // a parsing boundary: it has all of the broker
    asking.lookupRequest = (api, versions) => {
      const make = broker.lookupRequest(api, versions)
      return (details) => {
        const made = make(details)
        if (made.request.apiVersion !== FETCH_VERSION) return made
        const fromByPartition = offsetsOf(details)
        const decode = async (payload: Buffer) => {
          const context = { fromByPartition, open, maxBytes: maxBytes() }
          const response = await decodeFetchResponse(payload, context)
          onThrottled(response.clientSideThrottleTime)
          return response
        }
        return { ...made, response: { ...made.response, decode } }
      }
    }
    return fetchOfKafkaJs.call(asking, options)
  }
}

function offsetsOf({ topics }: RawFetch): ReadonlyMap<string, number> {
  return new Map(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => [
        partitionKey({ topic, partition }),
        Number(fetchOffset),
      ]),
    ),
  )
}
