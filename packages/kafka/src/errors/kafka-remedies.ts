import type { KafkaCause } from './kafka-codes.ts'

/**
 * What a failure of Kafka asks for.
 * - `passing`: Kafka says that another attempt may succeed; one that lasts is told like a permanent one.
 * - `unreachable`: nobody answered, so that nothing is known.
 * - `rejoin`: the group wants this member to join again.
 * - `out_of_range`: the records at the position are gone.
 * - `permanent`: a definite no; another attempt fails until a person has done something.
 * - `data`: these records are refused or cannot be read; others can.
 * - `unknown`: nobody decided; a few more attempts, then it is told and treated as permanent.
 */
export type KafkaErrorClass =
  'passing' | 'unreachable' | 'rejoin' | 'out_of_range' | 'permanent' | 'data' | 'unknown'

export interface CauseRow {
  readonly class: KafkaErrorClass
  /** What is the matter, to follow "because". */
  readonly meaning: string
  readonly remedy: string
}

export const CAUSES: Readonly<Record<KafkaCause, CauseRow>> = {
  authentication: {
    class: 'permanent',
    meaning: 'Kafka did not accept who we say we are',
    remedy: 'check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  },
  busy: {
    class: 'passing',
    meaning: 'Kafka cannot do it at the moment',
    remedy: 'wait; if it stays, look at the load and the log of the brokers',
  },
  codec: {
    class: 'permanent',
    meaning: 'the records are compressed in a way that cannot be read',
    remedy:
      'let the producers of the topic (KAFKA_COMPRESSION is that of ingest), and its compression.type, use a codec that all of them know: A codec nobody knows, docs/runbook.md',
  },
  coordinator: {
    class: 'passing',
    meaning: 'no broker coordinates the consumer group at the moment',
    remedy:
      'start the brokers that are away, and check that __consumer_offsets has all its leaders',
  },
  damaged: {
    class: 'passing',
    meaning: 'the bytes of the records are damaged',
    remedy: "if it stays, check the disks of the partition's brokers (docs/runbook.md)",
  },
  foreign_member: {
    class: 'permanent',
    meaning: 'the consumer group has members of another program',
    remedy: 'give each deployment a KAFKA_CONSUMER_GROUP of its own, and stop the foreign member',
  },
  missing_topic: {
    class: 'passing',
    meaning: 'the topic or partition does not exist, or the broker has not heard of it yet',
    remedy: 'run `npm run setup`, or correct KAFKA_TOPIC',
  },
  no_leader: {
    class: 'passing',
    meaning: 'the partition has no leader that answers at the moment',
    remedy: 'start the brokers that hold its replicas',
  },
  not_member: {
    class: 'rejoin',
    meaning: 'the consumer group wants its members to join again',
    remedy:
      'nothing: it is done at once; if it stays, see CustomEventsPartitionsStuck in docs/runbook.md',
  },
  out_of_range: {
    class: 'out_of_range',
    meaning: 'Kafka has no record at that offset: they were deleted, or the topic was made anew',
    remedy: 'see KAFKA_OUT_OF_RANGE in docs/runbook.md',
  },
  record_refused: {
    class: 'data',
    meaning: 'the settings of the topic do not allow such a record',
    remedy: 'compare message.timestamp.* and cleanup.policy of the topic with the documented ones',
  },
  replicas: {
    class: 'passing',
    meaning: 'too few replicas are in sync to take a record',
    remedy: 'start the brokers that are away, or compare min.insync.replicas with their number',
  },
  rights: {
    class: 'permanent',
    meaning: 'our principal has no right to it',
    remedy: 'grant what docs/reference/rights.md lists for this program',
  },
  settings: {
    class: 'permanent',
    meaning: 'the brokers do not allow what is configured',
    remedy: 'compare the configuration with that of the brokers',
  },
  storage: {
    class: 'passing',
    meaning: 'the broker cannot use its disk',
    remedy: "check the broker's disks and its log",
  },
  tls: {
    class: 'permanent',
    meaning: 'no encrypted connection could be made',
    remedy:
      'check KAFKA_TLS_ENABLED, the port in KAFKA_BROKERS, and the certificate of the brokers',
  },
  token: {
    class: 'permanent',
    meaning: 'there is no token that Kafka accepts',
    remedy: 'check KAFKA_OAUTH_TOKEN_URL, KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET',
  },
  too_large: {
    class: 'data',
    meaning: 'it is larger than Kafka allows',
    remedy: 'raise max.message.bytes of the topic to what `npm run setup` gives it',
  },
  unknown: {
    class: 'unknown',
    meaning: 'this program does not know what it means',
    remedy: 'look at the log of the brokers, and report it with this line',
  },
  unreachable: {
    class: 'unreachable',
    meaning: 'nobody answered',
    remedy: 'is it running, and are KAFKA_BROKERS and the network between right?',
  },
  version: {
    class: 'permanent',
    meaning: 'the broker does not understand the request',
    remedy: 'compare the version of the brokers with those in docs/operators.md',
  },
}

/** Where a code wants something else than its cause in general. */
export const REMEDIES: Readonly<Record<number, string>> = {
  17: 'choose a topic name of letters, digits, dots, _ and -, that differs from others in more than . and _',
  24: 'choose another KAFKA_CONSUMER_GROUP',
  26: 'set KAFKA_SESSION_TIMEOUT_MS between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers (by default 6 s and 30 min)',
  29: 'grant DESCRIBE and READ on the topic to who consumes, DESCRIBE and WRITE to who produces (docs/operators.md)',
  30: 'grant READ on the consumer group (docs/operators.md)',
  31: 'grant on the cluster what docs/reference/rights.md lists for this program',
  37: 'set KAFKA_PARTITIONS to 1 or more',
  38: 'set KAFKA_REPLICATION_FACTOR to no more than there are brokers',
  44: 'ask who runs Kafka what create.topic.policy allows',
  68: 'stop the consumers of the group first',
  69: 'the group has no members and no offsets yet: start the consumer',
  72: 'compare advertised.listeners of the brokers: the leader has none of the name that was asked',
  81: 'raise group.max.size of the brokers, or run fewer consumers',
}
