import type { KafkaJsCluster, KafkaJsConnectionPool } from './kafkajs-cluster.ts'
import { METADATA_API_KEY } from '../topics/topic-request.ts'

/** LEADER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE, LISTENER_NOT_FOUND: of one partition, not of the answer. */
const OF_ONE_PARTITION = new Set([5, 9, 72])

/**
 * kafkajs throws a whole answer about topics away when one partition of one of them has no leader: then nothing
 * is known of the others either. Here such a partition just has no leader (-1).
 *
 * @param cluster not connected yet.
 */
export function bearLeaderless(cluster: KafkaJsCluster): KafkaJsCluster {
  const { brokerPool } = cluster
  const createBroker = brokerPool.createBroker.bind(brokerPool)
  brokerPool.createBroker = (options) => {
    forgive(options.connectionPool)
    return createBroker(options)
  }
  return cluster
}

function forgive(pool: KafkaJsConnectionPool): void {
  const send = pool.send.bind(pool)
  pool.send = (protocol) => {
    if (protocol.request.apiKey !== METADATA_API_KEY) return send(protocol)
    const { decode, parse } = protocol.response
    return send({
      ...protocol,
      response: { parse, decode: async (bytes) => withoutPartitionErrors(await decode(bytes)) },
    })
  }
}

interface Decoded {
  readonly topicMetadata?: readonly {
    readonly partitionMetadata: readonly { partitionErrorCode: number }[]
  }[]
}

function withoutPartitionErrors(decoded: unknown): unknown {
  const { topicMetadata = [] } = decoded as Decoded // as kafkajs decodes every version of it
  for (const { partitionMetadata } of topicMetadata) {
    for (const partition of partitionMetadata) {
      if (OF_ONE_PARTITION.has(partition.partitionErrorCode)) partition.partitionErrorCode = 0
    }
  }
  return decoded
}
