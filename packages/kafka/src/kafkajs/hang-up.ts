import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { KafkaJsCluster } from './kafkajs-cluster.ts'

/**
 * Closes the connections of a cluster at once, so that what was asked over them fails. kafkajs's `disconnect` waits for
 * all answers first, and that to a join may take a minute.
 */
export function hangUp(cluster: RawCluster): void {
  const asMade: unknown = cluster
  const { seedBroker, brokers } = (asMade as KafkaJsCluster).brokerPool // the same object, described for other uses
  for (const broker of [seedBroker, ...Object.values(brokers)]) {
    for (const { socket } of broker?.connectionPool.pool ?? []) {
      socket?.destroy(new Error('the connection was given up'))
    }
  }
}
