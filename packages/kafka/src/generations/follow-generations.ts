import type { Logger } from '@custom-events/runtime'
import { followErasures, type Erasures } from '../erasures/erasures.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { createGenerations, type Generations } from './generations.ts'

/** Who is erased, and the generations of the topic of events, which one topic tells of. */
export interface Followed {
  /** To be closed by the caller. */
  readonly erasures: Erasures
  readonly generations: Generations
  /** @param onChange called after every look from now on. */
  readonly tell: (onChange: () => void) => void
}

export function followGenerations(options: {
  readonly kafka: KafkaConfig
  /** Of erasures. */
  readonly topic: string
  /** The first generation of the topic of events, and its partitions. */
  readonly tracked: string
  readonly partitions: number
  readonly leaseMs: number
  /** Over which events are spread. */
  readonly shards: number
  readonly log: Logger
}): Followed {
  const { kafka, topic, tracked, partitions, leaseMs, shards, log } = options
  let onChange = (): void => {}
  const erasures = followErasures({ kafka, topic, shards, log, onChange: () => onChange() })
  const { announcements } = erasures
  return {
    erasures,
    generations: createGenerations({ tracked, partitions, announcements, leaseMs }),
    tell: (listener) => void (onChange = listener),
  }
}
