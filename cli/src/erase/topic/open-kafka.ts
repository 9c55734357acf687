import { setTimeout as delay } from 'node:timers/promises'
import { createProducer, erasedTopic, followErasures, kafkaConfigFrom } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import { NotReady } from '../../step.ts'
import { openErasureTopic, type ErasureTopic } from './erasure-topic.ts'

const READY_WITHIN_MS = 15_000

/** @throws {NotReady} when Kafka cannot be used within 15 s. */
export async function openKafka(options: {
  readonly config: Parameters<typeof kafkaConfigFrom>[0] & { readonly KAFKA_TOPIC: string }
  readonly log: Logger
  readonly resources: AsyncDisposableStack
  readonly stop: AbortSignal
}): Promise<ErasureTopic> {
  const { config, log, resources, stop } = options
  const kafka = kafkaConfigFrom(config)
  const topic = erasedTopic(config.KAFKA_TOPIC)
  const producer = resources.use(
    createProducer({ kafka, partitionCountByTopic: { [topic]: 1 }, log }),
  )
  const erasures = resources.use(followErasures({ kafka, topic, log }))
  const startedAt = performance.now()
  while (producer.notReadyReason !== null || erasures.ageMs === Infinity) {
    if (stop.aborted || performance.now() - startedAt > READY_WITHIN_MS) {
      throw new NotReady(producer.notReadyReason ?? erasures.notReadyReason ?? 'stopped')
    }
    await delay(50, null, { signal: stop }).catch(() => {})
  }
  return openErasureTopic({ topic, erasures, producer })
}
