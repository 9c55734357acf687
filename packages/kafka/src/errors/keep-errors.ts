import type { RawBroker, RawCluster, RawResponse } from 'kafkajs/src/consumer/consumerGroup.js'
import { KafkaCodeError } from './kafka-errors.ts'

/** Requests that ask about many topics or partitions at once, by the number of their API. */
const ASK_FOR_MANY = new Set([
  1, // Fetch
  2, // ListOffsets
  3, // Metadata
  9, // OffsetFetch
])

/**
 * kafkajs throws the first error in an answer and with it all the rest: one topic that may not be read, or
 * one partition without a leader, would stop every other one. In a cluster that this was called for, such
 * answers come whole; each topic and partition carries its own `errorCode`, which must be looked at.
 * Call it before the cluster connects.
 */
export function keepErrors(cluster: RawCluster): void {
  const pool = cluster.brokerPool
  const create = pool.createBroker
  pool.createBroker = (options) => keepingErrors(create.call(pool, options))
  pool.withBroker = (ask) => firstAnswer(cluster, ask)
  if (pool.seedBroker !== undefined) keepingErrors(pool.seedBroker)
}

/** kafkajs makes the lookup anew with every connection. */
function keepingErrors(broker: RawBroker): RawBroker {
  let lookupOfKafkaJs = broker.lookupRequest
  const lookup: RawBroker['lookupRequest'] = (api, versions) => {
    const make = lookupOfKafkaJs(api, versions)
    if (!ASK_FOR_MANY.has(api)) return make
    return (details) => {
      const made = make(details)
      return { ...made, response: { ...made.response, parse: onlyItsOwnError } }
    }
  }
  Object.defineProperty(broker, 'lookupRequest', {
    get: () => lookup,
    set(this: RawBroker, made: RawBroker['lookupRequest']) {
      if (this === broker) lookupOfKafkaJs = made
      // An object made from this broker, see fetch-in-place.ts, has its own.
      else Object.defineProperty(this, 'lookupRequest', { value: made })
    },
    enumerable: true,
  })
  return broker
}

const onlyItsOwnError: NonNullable<RawResponse['parse']> = async (answer) => {
  const { errorCode } = answer as { readonly errorCode?: number }
  if (errorCode !== undefined && errorCode !== 0) throw new KafkaCodeError(errorCode)
  return answer
}

/** kafkajs swallows why each broker refused, and then knows only that none answered. */
async function firstAnswer<T>(
  cluster: RawCluster,
  ask: (of: { readonly nodeId: number; readonly broker: RawBroker }) => Promise<T>,
): Promise<T | null> {
  let failure: unknown = null
  for (const nodeId of cluster.getNodeIds()) {
    try {
      return await ask({ nodeId, broker: await cluster.findBroker({ nodeId }) })
    } catch (error) {
      failure = error
    }
  }
  throw failure ?? new KafkaCodeError(8)
}
