import type { Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { kafkaJsCluster } from '../kafkajs/kafkajs-cluster.ts'

/**
 * Asks a broker who coordinates the group. kafkajs's own look throws what the brokers say away, such as
 * GROUP_AUTHORIZATION_FAILED, and says only that it found none.
 *
 * @throws what the broker says.
 */
export async function findCoordinator(
  config: KafkaConfig,
  groupId: string,
  log: Logger,
): Promise<void> {
  const cluster = kafkaJsCluster(createKafkaJs(config, log, { retry: { retries: 1 } }))
  try {
    await cluster.connect()
    const broker = await cluster.brokerPool.findConnectedBroker()
    await broker.findGroupCoordinator({ groupId })
  } finally {
    await cluster.disconnect().catch(() => {})
  }
}
