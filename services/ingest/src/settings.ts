import { EVENT_RULES, type EventRules } from '@custom-events/event'
import type { AllowedOrigins } from './http/cors.ts'
import { NO_RATE_LIMITS, type RateLimitRules } from './rate-limit/rate-limits.ts'
import { partitionCounts, type AccountsPlace, type TopicNames } from '@custom-events/kafka'
import { type IngestLimits, INGEST_LIMITS } from './limits.ts'

/** What ingest is told by its configuration. */
export interface IngestSettings {
  readonly topics: TopicNames
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  /** Where accounts are placed now; another topic with more partitions once it has grown. */
  readonly place: () => AccountsPlace
  readonly limits: IngestLimits
  readonly rules: EventRules
  readonly allowedOrigins: AllowedOrigins
  readonly rateLimits: RateLimitRules
}

/**
 * @param trackedPartitions the pinned partition count of the topic of accepted events, in its first generation.
 * @param shards over which events are spread. @default 1
 */
export function ingestSettings(
  topics: TopicNames,
  trackedPartitions: number,
  shards = 1,
): IngestSettings {
  return {
    topics,
    partitionCountByTopic: partitionCounts(topics, trackedPartitions, shards),
    place: () => ({
      generation: 1,
      topic: topics.tracked,
      partitions: trackedPartitions,
      closed: null,
    }),
    limits: INGEST_LIMITS,
    rules: EVENT_RULES,
    allowedOrigins: null,
    rateLimits: NO_RATE_LIMITS,
  }
}
