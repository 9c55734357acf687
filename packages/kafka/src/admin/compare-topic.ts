import { pinProblem } from './partition-pin.ts'
import { compareCompression, COMPRESSION_TYPE, KEPT_AS_SENT } from './topic-compression.ts'
import {
  mend,
  numberOf,
  refused,
  told,
  type FoundTopic,
  type TopicFinding,
  type TopicSettings,
  type WantedTopic,
} from './topic-finding.ts'
import { election, inSync, replication } from './topic-replicas.ts'
import { cleanup, compaction, retention, retentionBytes, timestamps } from './topic-retention.ts'

/** An event has 256 KiB at most, but a dead letter holds a record of anybody's making (1 MiB by Kafka's default) and its reasons. */
const MAX_MESSAGE_BYTES = 2 * 1_048_576

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

/** `null`: there is nothing to say. */
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

function messageBytes({ topic, settings }: FoundTopic, { asked }: WantedTopic) {
  const name = 'max.message.bytes'
  const value = numberOf(settings, name)
  if (asked === null || value === null || value >= MAX_MESSAGE_BYTES) return null
  return mend(topic, { name, value: String(MAX_MESSAGE_BYTES) }, value, {
    why: 'large events, and dead letters of them, would be refused',
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
