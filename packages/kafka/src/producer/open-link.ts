import type { Kafka } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { kafkaJsCluster } from '../kafkajs/kafkajs-cluster.ts'
import { bearLeaderless } from '../kafkajs/leaderless.ts'
import { createPartCompressor } from './compressing/compressed-parts.ts'
import { canLinkDirectly, createDirectLink } from './direct-link.ts'
import type { OnSent, ProduceLink } from './produce-link.ts'
import { openKafkaJsLink } from './kafkajs-link.ts'
import type { OnThrottled } from '../errors/throttling.ts'
import type { Compression } from '../record-batch/compression/compressor.ts'

/** Opens the direct link where the brokers speak what it writes, else the kafkajs link. @throws when none answers. */
export async function openLink(
  kafka: Kafka,
  options: {
    readonly topics: readonly string[]
    readonly requests: 'direct' | 'kafkajs'
    readonly log: Logger
    readonly onThrottled?: OnThrottled
    /** @default 'none' */
    readonly compression?: Compression
    readonly onSent?: OnSent
  },
): Promise<ProduceLink> {
  if (options.requests === 'kafkajs') return openKafkaJsLink(kafka)
  const cluster = bearLeaderless(kafkaJsCluster(kafka))
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics(options.topics)
    if (canLinkDirectly(cluster)) {
      const compressor = createPartCompressor(options.compression ?? 'none', options.log)
      return createDirectLink(cluster, { ...options, compressor })
    }
  } catch (error) {
    await cluster.disconnect().catch(() => {})
    throw error
  }
  await cluster.disconnect()
  options.log.warn(
    'a broker speaks no produce request of ours (versions 3 to 7): slower ones are used, without compression',
  )
  return openKafkaJsLink(kafka)
}
