import {
  createGenerationProducer,
  createProducer,
  followGenerations,
  onPromisedTopics,
  watchTopicPromises,
  type Erasures,
  type Generation,
  type Generations,
  type OnSent,
  type Producer,
} from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { IngestConfig } from './config.ts'
import type { IngestMetrics } from './metrics.ts'

interface Base {
  readonly config: IngestConfig
  readonly log: Logger
  readonly metrics: IngestMetrics
}

/** Producing to whichever generation of the topic is open, and the topic that tells which that is, beside who is erased. */
export interface Producers {
  readonly kafka: Producer
  /** To be closed after `kafka`, which relies on it to the end. */
  readonly erasures: Erasures
  readonly place: Generations['place']
}

/** @param onErasures called after every look at the topic of erasures. */
export function openProducers(base: Base, onErasures: (erasures: Erasures) => void): Producers {
  const { config, log } = base
  const { erasures, generations, tell } = followGenerations({
    kafka: config.kafka,
    topic: config.erasedTopic,
    tracked: config.settings.topics.tracked,
    partitions: config.firstPartitions,
    leaseMs: config.placeLeaseMs,
    shards: config.shards,
    log,
  })
  const kafka = createGenerationProducer({
    generations,
    first: openFirst(base),
    open: (generation) => openLater(base, generation),
  })
  tell(() => {
    onErasures(erasures)
    kafka.follow()
  })
  return { kafka, erasures, place: generations.place }
}

/** Of the first generation, and of the topics that do not grow. */
function openFirst({ config, log, metrics }: Base): Producer {
  const { topics, partitionCountByTopic: counts } = config.settings
  const { tracked, rejected, keys } = topics
  const promised = {
    kafka: config.kafka,
    partitionCountByTopic: {
      [tracked]: counts[tracked] ?? 1,
      [rejected]: counts[rejected] ?? 1,
      [keys]: counts[keys] ?? 1,
    },
    log,
  }
  const { compression } = config
  const watch = watchTopicPromises({ ...promised, placed: tracked, compression })
  const producer = createProducer({
    ...promised,
    sideTopics: [rejected, keys],
    compression,
    onSent: (sent) => countSent(metrics, sent),
    onFailure: ({ class: kind, code }) => metrics.produceFailures.inc({ class: kind, code }),
  })
  return onPromisedTopics(producer, watch)
}

function openLater({ config, log, metrics }: Base, { topic, partitions }: Generation): Producer {
  const promised = { kafka: config.kafka, partitionCountByTopic: { [topic]: partitions }, log }
  const { compression } = config
  const producer = createProducer({
    ...promised,
    compression,
    onSent: (sent) => countSent(metrics, sent),
    onFailure: ({ class: kind, code }) => metrics.produceFailures.inc({ class: kind, code }),
  })
  return onPromisedTopics(producer, watchTopicPromises({ ...promised, placed: topic, compression }))
}

function countSent(metrics: IngestMetrics, sent: Parameters<OnSent>[0]): void {
  metrics.produceBytes.inc({ as: 'plain' }, sent.plainBytes)
  metrics.produceBytes.inc({ as: 'sent' }, sent.bytes)
  metrics.produceBatches.inc({ compressed: 'yes' }, sent.compressed)
  metrics.produceBatches.inc({ compressed: 'no' }, sent.plain)
}
