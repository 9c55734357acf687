import { writeComplete } from '@custom-events/event'
import type { Logger } from '@custom-events/runtime'
import { createTopics } from '../admin/admin.ts'
import { createOperator } from '../admin/operator.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { erasedTopic } from '../topics/topics.ts'

/** The topic of erasures of topics that were just made without setup, before which nobody was erased. No service uses this. */
export async function makeErasuresTopic(options: {
  readonly kafka: KafkaConfig
  /** The topic of accepted events. */
  readonly tracked: string
  readonly log: Logger
}): Promise<void> {
  const { kafka, log } = options
  const topic = erasedTopic(options.tracked)
  await createTopics({
    kafka,
    partitionCountByTopic: { [topic]: 1 },
    compacted: [topic],
    settings: { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 },
    log,
  })
  await createOperator(kafka, log).produce(topic, [{ partition: 0, ...writeComplete() }])
}
