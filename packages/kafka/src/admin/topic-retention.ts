// What Kafka deletes of a topic, and by which clock.
import {
  mend,
  numberOf,
  refused,
  told,
  type FoundTopic,
  type WantedTopic,
} from './topic-finding.ts'

const HOUR_MS = 3_600_000
/** Shorter than a weekend without anybody, or than a night. */
const SHORT_RETENTION_MS = 24 * HOUR_MS

export function cleanup({ topic, settings }: FoundTopic) {
  const policy = settings?.get('cleanup.policy')
  if (policy === undefined || policy === 'delete') return null
  if (!policy.includes('compact')) {
    return told(
      topic,
      `has cleanup.policy=${policy}: nothing is ever deleted, until the disk is full`,
    )
  }
  return refused(
    topic,
    `topic ${topic} has cleanup.policy=${policy}: Kafka would keep only the last event of each account. ` +
      'If the topic is ours alone, set cleanup.policy=delete (what was compacted away is gone), else name another in KAFKA_TOPIC',
  )
}

export function compaction({ topic, settings }: FoundTopic) {
  const name = 'cleanup.policy'
  const policy = settings?.get(name)
  if (policy === undefined || policy === 'compact') return null
  return mend(topic, { name, value: 'compact' }, policy, {
    why: 'Kafka would forget who was erased, and a replay would bring them back',
    isVital: true,
  })
}

export function retention({ topic, settings }: FoundTopic, { asked }: WantedTopic) {
  const name = 'retention.ms'
  const value = numberOf(settings, name)
  if (value === null || value === -1) return null // for ever
  if (asked === null) {
    if (value >= SHORT_RETENTION_MS) return null
    return told(
      topic,
      `keeps records for ${hours(value)} only: what is not inserted by then is lost`,
    )
  }
  if (value === asked.retentionMs) return null
  if (value > asked.retentionMs) {
    return told(
      topic,
      `keeps records for ${hours(value)}, longer than KAFKA_RETENTION_HOURS asks for; setup deletes nothing: ` +
        `to shorten it, set ${name}=${asked.retentionMs}`,
    )
  }
  return mend(topic, { name, value: String(asked.retentionMs) }, value, {
    why: 'Kafka would delete events before ClickHouse could be refilled from it',
    isVital: true,
  })
}

export function retentionBytes({ topic, settings }: FoundTopic) {
  const value = numberOf(settings, 'retention.bytes')
  if (value === null || value === -1) return null
  return told(
    topic,
    `has retention.bytes=${value}: Kafka may delete events sooner than KAFKA_RETENTION_HOURS says; ` +
      'set it to -1, or watch the time left until retention',
  )
}

export function timestamps({ topic, settings }: FoundTopic, { asked }: WantedTopic) {
  const name = 'message.timestamp.type'
  const value = settings?.get(name)
  if (asked === null || value === undefined || value === 'LogAppendTime') return null
  return mend(topic, { name, value: 'LogAppendTime' }, value, {
    why: "retention would follow a producer's clock",
    isVital: false,
  })
}

function hours(ms: number): string {
  return ms < HOUR_MS ? `${ms} ms` : `${Math.round(ms / HOUR_MS)} h`
}
