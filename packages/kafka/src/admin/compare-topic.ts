import type { Compression } from '../record-batch/compression/compressor.ts'
import { pinProblem } from './partition-pin.ts'
import { compareCompression, COMPRESSION_TYPE, KEPT_AS_SENT } from './topic-compression.ts'

/** What setup is asked for. */
export interface TopicSettings {
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  /** How long Kafka keeps records, the time in which a lost ClickHouse can be refilled. */
  readonly retentionMs: number
  /** What ingest compresses with. @default 'none' */
  readonly compression?: Compression
}

/** A topic as it is. */
export interface FoundTopic {
  readonly topic: string
  readonly partitions: number
  /** The least of its partitions. */
  readonly replicationFactor: number
  /** What applies, also by the broker's defaults; `null` when we may not know. */
  readonly settings: ReadonlyMap<string, string> | null
}

export interface WantedTopic {
  readonly partitions: number
  /** Numbers that the places of accounts are pinned to; `null` where order does not matter. */
  readonly pins: readonly number[] | null
  /** `null` in services, which are not told; then only what no configuration may ask for is found. */
  readonly asked: TopicSettings | null
  /** What this service compresses with; setup has it in `asked`. @default not known */
  readonly compression?: Compression
  /** Whether only the last record of each key counts, for ever. @default false */
  readonly isCompacted?: boolean
  /** What it is made with beside what every topic is. @default nothing */
  readonly own?: readonly { readonly name: string; readonly value: string }[]
}

export interface TopicFinding {
  readonly topic: string
  /** `refused`: events would be lost or go astray. `mend`: setup changes it. `told`: works, but is not what one expects. */
  readonly severity: 'refused' | 'mend' | 'told'
  /** What setup sets, for `mend`. */
  readonly change: { readonly name: string; readonly value: string } | null
  /** Whether the pipeline may go on where it could not be mended. */
  readonly isVital: boolean
  /** What is found, why it matters, what to do. */
  readonly text: string
}

/** An event has 256 KiB at most, but a dead letter holds a record of anybody's making (1 MiB by Kafka's default) and its reasons. */
const MAX_MESSAGE_BYTES = 2 * 1_048_576
const HOUR_MS = 3_600_000
/** Shorter than a weekend without anybody, or than a night. */
const SHORT_RETENTION_MS = 24 * HOUR_MS

/** What a new topic is made with. */
export function settingsOfNew(
  asked: TopicSettings,
  isCompacted = false,
): readonly { name: string; value: string }[] {
  return [
    { name: 'cleanup.policy', value: isCompacted ? 'compact' : 'delete' },
    { name: COMPRESSION_TYPE, value: KEPT_AS_SENT },
    { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) },
    // Retention must follow the broker's clock, not a producer's.
    // See https://kafka.apache.org/documentation/#topicconfigs_message.timestamp.type
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    { name: 'min.insync.replicas', value: String(asked.minInsyncReplicas) },
    ...(isCompacted ? [] : [{ name: 'retention.ms', value: String(asked.retentionMs) }]),
    { name: 'unclean.leader.election.enable', value: 'false' },
  ]
}

/** Compares a topic with what is asked of it, and with what the promise rests on whatever is asked. */
export function compareTopic(found: FoundTopic, wanted: WantedTopic): readonly TopicFinding[] {
  const rules = wanted.isCompacted === true ? RULES_OF_COMPACTED : RULES
  return [...rules.flatMap((rule) => rule(found, wanted) ?? []), ...ownSettings(found, wanted)]
}

/** A killed `destroy-keys` leaves segments of a millisecond, of which a topic soon has more than a broker bears. */
function ownSettings({ topic, settings }: FoundTopic, { own = [] }: WantedTopic) {
  return own.flatMap((change) => {
    const value = settings?.get(change.name)
    if (value === undefined || value === change.value) return []
    const why = 'Kafka has too many files, or keeps what was destroyed for longer'
    return [mend(topic, change, value, { why, isVital: false })]
  })
}

type Rule = (found: FoundTopic, wanted: WantedTopic) => TopicFinding | null

const RULES: readonly Rule[] = [
  partitions,
  cleanup,
  replication,
  inSync,
  election,
  retention,
  retentionBytes,
  messageBytes,
  timestamps,
  compression,
]

/** Of a topic of which only the last record of each key counts, whatever its age. */
const RULES_OF_COMPACTED: readonly Rule[] = [
  onePartition,
  compaction,
  replication,
  inSync,
  election,
  timestamps,
]

/** Its records are read in one order. */
function onePartition({ topic, partitions: count }: FoundTopic) {
  if (count === 1) return null
  const text = `topic ${topic} has ${count} partitions, 1 is needed: delete it and run setup again, which fills it anew`
  return refused(topic, text)
}

function compaction({ topic, settings }: FoundTopic) {
  const name = 'cleanup.policy'
  const policy = settings?.get(name)
  if (policy === undefined || policy === 'compact') return null
  return mend(topic, { name, value: 'compact' }, policy, {
    why: 'Kafka would forget who was erased, and a replay would bring them back',
    isVital: true,
  })
}

function partitions({ topic, partitions: count }: FoundTopic, wanted: WantedTopic) {
  const { partitions: needed, pins } = wanted
  if (pins !== null) {
    const problem = pinProblem(topic, { wanted: needed, found: count, pins })
    if (problem !== null) return refused(topic, problem)
    if (count === needed) return null
    return told(topic, `has ${count} partitions; accounts stay in the first ${needed}`)
  }
  if (count >= needed) return null
  const text = `has ${count} partitions, ${needed} are needed: add partitions (kafka-topics --alter)`
  return refused(topic, `topic ${topic} ${text}`)
}

function cleanup({ topic, settings }: FoundTopic) {
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

function replication({ topic, replicationFactor }: FoundTopic, { asked }: WantedTopic) {
  if (asked === null || replicationFactor >= asked.replicationFactor) return null
  return refused(
    topic,
    `topic ${topic} has ${replicationFactor} replicas, KAFKA_REPLICATION_FACTOR=${asked.replicationFactor}: ` +
      'the loss of a broker could lose events. Add replicas (kafka-reassign-partitions), or set KAFKA_REPLICATION_FACTOR to what it has',
  )
}

function inSync({ topic, settings, replicationFactor }: FoundTopic, { asked }: WantedTopic) {
  const name = 'min.insync.replicas'
  const value = numberOf(settings, name)
  const tooMany = `${replicationFactor} replicas: brokers before 4.0 would take no event of it`
  if (asked !== null && asked.minInsyncReplicas > replicationFactor) {
    const why = `topic ${topic}: KAFKA_MIN_INSYNC_REPLICAS=${asked.minInsyncReplicas}, and the topic has`
    return refused(topic, `${why} ${tooMany}. Lower it, or add replicas`)
  }
  if (value === null || value === asked?.minInsyncReplicas) return null
  if (asked === null) {
    return value > replicationFactor ? told(topic, `has ${name}=${value} and ${tooMany}`) : null
  }
  if (value > asked.minInsyncReplicas && value <= replicationFactor) {
    return told(topic, `has ${name}=${value}, more than KAFKA_MIN_INSYNC_REPLICAS asks for`)
  }
  const why =
    value > replicationFactor
      ? `${replicationFactor} replicas may never be enough`
      : 'fewer replicas than asked must have an event before it is acknowledged'
  return mend(topic, { name, value: String(asked.minInsyncReplicas) }, value, {
    why,
    isVital: true,
  })
}

function election({ topic, settings, replicationFactor }: FoundTopic, { asked }: WantedTopic) {
  const name = 'unclean.leader.election.enable'
  if (settings?.get(name) !== 'true' || replicationFactor === 1) return null
  const why = 'a replica that lacks acknowledged events may become the leader, and they are lost'
  if (asked === null) return told(topic, `has ${name}=true: ${why}; set it to false`)
  return mend(topic, { name, value: 'false' }, 'true', { why, isVital: true })
}

function retention({ topic, settings }: FoundTopic, { asked }: WantedTopic) {
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

function retentionBytes({ topic, settings }: FoundTopic) {
  const value = numberOf(settings, 'retention.bytes')
  if (value === null || value === -1) return null
  return told(
    topic,
    `has retention.bytes=${value}: Kafka may delete events sooner than KAFKA_RETENTION_HOURS says; ` +
      'set it to -1, or watch the time left until retention',
  )
}

function messageBytes({ topic, settings }: FoundTopic, { asked }: WantedTopic) {
  const name = 'max.message.bytes'
  const value = numberOf(settings, name)
  if (asked === null || value === null || value >= MAX_MESSAGE_BYTES) return null
  return mend(topic, { name, value: String(MAX_MESSAGE_BYTES) }, value, {
    why: 'large events, and dead letters of them, would be refused',
    isVital: false,
  })
}

function timestamps({ topic, settings }: FoundTopic, { asked }: WantedTopic) {
  const name = 'message.timestamp.type'
  const value = settings?.get(name)
  if (asked === null || value === undefined || value === 'LogAppendTime') return null
  return mend(topic, { name, value: 'LogAppendTime' }, value, {
    why: "retention would follow a producer's clock",
    isVital: false,
  })
}

function compression({ topic, settings }: FoundTopic, wanted: WantedTopic) {
  const value = settings?.get(COMPRESSION_TYPE)
  const { asked } = wanted
  const sent = asked === null ? wanted.compression : (asked.compression ?? 'none')
  if (value === undefined || sent === undefined) return null
  const { isRecompressed, why } = compareCompression(value, sent)
  if (asked !== null && isRecompressed) {
    const change = { name: COMPRESSION_TYPE, value: KEPT_AS_SENT }
    return mend(topic, change, value, { why, isVital: false })
  }
  if (why === '' || (asked === null && !isRecompressed)) return null
  return told(topic, `has ${COMPRESSION_TYPE}=${value}: ${why}`)
}

function numberOf(settings: FoundTopic['settings'], name: string): number | null {
  const text = settings?.get(name)
  return text === undefined ? null : Number(text)
}

function hours(ms: number): string {
  return ms < HOUR_MS ? `${ms} ms` : `${Math.round(ms / HOUR_MS)} h`
}

function refused(topic: string, text: string): TopicFinding {
  return { topic, severity: 'refused', change: null, isVital: true, text }
}

function told(topic: string, text: string): TopicFinding {
  return { topic, severity: 'told', change: null, isVital: false, text: `topic ${topic} ${text}` }
}

function mend(
  topic: string,
  change: { readonly name: string; readonly value: string },
  found: string | number,
  { why, isVital }: { readonly why: string; readonly isVital: boolean },
): TopicFinding {
  const text = `topic ${topic}: ${change.name} was ${found}, with which ${why}`
  return { topic, severity: 'mend', change, isVital, text }
}
