import type { RawBroker, RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { decodeFetchResponse, FETCH_VERSION } from './fetch-response.ts'

/**
 * Lets the brokers of this cluster answer fetches with records that are read in place. Only for a cluster
 * whose batches go through `toFetchedRecords`: to everybody else its partitions look empty. Brokers that
 * speak an older version of the protocol are left as they are.
 */
export function fetchInPlace(cluster: RawCluster): void {
  const find = cluster.findBroker.bind(cluster)
  cluster.findBroker = async (at) => {
    const broker = await find(at)
    if (!Object.hasOwn(broker, 'fetch')) replaceFetch(broker)
    return broker
  }
}

/** kafkajs makes and sends the request; only how the answer is decoded is ours. */
function replaceFetch(broker: RawBroker): void {
  const stock = broker.fetch
  broker.fetch = (options) => {
    const asking: RawBroker = Object.create(broker) // a parsing boundary: it has all of the broker
    asking.lookupRequest = (api, versions) => {
      const make = broker.lookupRequest(api, versions)
      return (details) => {
        const made = make(details)
        if (made.request.apiVersion !== FETCH_VERSION) return made
        return { ...made, response: { ...made.response, decode: decodeFetchResponse } }
      }
    }
    return stock.call(asking, options)
  }
}
