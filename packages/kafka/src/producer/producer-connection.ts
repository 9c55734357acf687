import type { Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import { watchConnection } from './connection.ts'
import { startingAt, type KafkaConfig } from '../kafkajs/kafka-config.ts'
import { openLink } from './open-link.ts'
import type { ProduceHealth } from './produce-health.ts'
import type { OnSent, ProduceLink } from './produce-link.ts'
import type { Compression } from '../record-batch/compression/compressor.ts'
import { askTopicFacts } from '../topics/topic-facts.ts'
import type { TopicLimits } from '../topics/topic-limits.ts'
import type { ProduceTrouble } from '../topics/topic-troubles.ts'
import { watchTopics } from '../topics/topic-watch.ts'

/** A link to Kafka that is made anew whenever it is lost, and what speaks against using it. */
export interface ProducerConnection extends AsyncDisposable {
  /** `null` while there is none. */
  readonly link: ProduceLink | null
  readonly notReadyReason: string | null
  readonly troubles: readonly ProduceTrouble[]
  /** A request failed: look again rather than trust the last look. */
  suspect(error: unknown): void
}

export function openProducerConnection(options: {
  readonly kafka: KafkaConfig
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  readonly sideTopics: readonly string[]
  readonly requests: 'direct' | 'kafkajs'
  readonly compression: Compression
  readonly onSent: OnSent
  readonly health: ProduceHealth
  readonly limits: TopicLimits
  readonly log: Logger
}): ProducerConnection {
  const { partitionCountByTopic, requests, compression, onSent, health, limits, log } = options
  const topics = Object.keys(partitionCountByTopic)
  let link: ProduceLink | null = null
  let attempt = 0
  let turn = 0

  const topicWatch = watchTopics({
    ask: async () => {
      try {
        return await askTopicFacts(createKafkaJs(startingAt(options.kafka, turn), log), topics)
      } catch (error) {
        turn += 1 // another broker may answer
        throw error
      }
    },
    isConnected: () => link !== null,
    sideTopics: new Set(options.sideTopics),
    health,
    limits,
    log,
  })
  const connection = watchConnection({
    kafka: options.kafka,
    partitionCountByTopic,
    log,
    open: async (kafka) => {
      const mine = ++attempt
      const how = { requests, compression, onSent, onThrottled: health.throttled }
      const opened = await openLink(kafka, { topics, log, ...how })
      try {
        await topicWatch.look() // ready means that it may write, not only that somebody answers
      } catch (error) {
        await opened.close()
        throw error
      }
      // Connected too late: nobody waits for it any more, and a newer one may be in use.
      if (mine === attempt) link = opened
      else await opened.close()
    },
    close: async () => {
      attempt += 1
      const closing = link
      link = null
      await closing?.close()
    },
  })

  return {
    get link() {
      return link
    },
    get notReadyReason() {
      return connection.notReadyReason ?? topicWatch.notReadyReason
    },
    get troubles() {
      return topicWatch.troubles
    },
    suspect: (error) => {
      connection.suspect(error)
      topicWatch.suspect()
    },
    [Symbol.asyncDispose]: async () => {
      await topicWatch[Symbol.asyncDispose]()
      await connection[Symbol.asyncDispose]()
    },
  }
}
