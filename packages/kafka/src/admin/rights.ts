type Program = 'setup' | 'ingest' | 'consumer' | 'replay' | 'destroy-keys' | 'erase' | 'topic'

export interface Right {
  readonly program: Program
  /** As Kafka's tools name it. */
  readonly resource: string
  readonly operations: readonly string[]
  /** What does not work without it; `optional` ones are told and done without. */
  readonly without: string
  readonly isOptional?: boolean
}

const PREFIX = 'topics that begin with KAFKA_TOPIC, and the topics of rejected events and of keys'
const KEYS_TOPIC = 'topic of keys'
const ERASED = 'the topic of erasures'

/** What each program needs of Kafka. What is prefixed covers the side topics and the record of the partition count. */
export const KAFKA_RIGHTS: readonly Right[] = [
  {
    program: 'setup',
    resource: ERASED,
    operations: ['CREATE', 'DESCRIBE', 'READ', 'WRITE'],
    without:
      'the topic of erasures must be made by somebody else; without READ and WRITE setup fails, and nobody is ready before it is filled',
  },
  {
    program: 'setup',
    resource: PREFIX,
    operations: ['CREATE', 'DESCRIBE'],
    without: 'topics must be made by somebody else, and setup says which',
  },
  {
    program: 'setup',
    resource: PREFIX,
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'settings of existing topics are not checked',
  },
  {
    program: 'setup',
    resource: PREFIX,
    operations: ['ALTER_CONFIGS'],
    isOptional: true,
    without: 'settings that differ are refused or told instead of changed',
  },
  {
    program: 'setup',
    resource: 'group KAFKA_CONSUMER_GROUP',
    operations: ['DESCRIBE'],
    without: 'setup fails at the group',
  },
  {
    program: 'ingest',
    resource: ERASED,
    operations: ['READ', 'DESCRIBE'],
    without: 'ingest is not ready: it knows neither who is erased nor whether the topic has grown',
  },
  {
    program: 'ingest',
    resource: PREFIX,
    operations: ['WRITE', 'DESCRIBE'],
    without: 'ingest is not ready',
  },
  {
    program: 'ingest',
    resource: PREFIX,
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'neither limits nor what the promise rests on can be checked',
  },
  {
    program: 'ingest',
    resource: 'group KAFKA_CONSUMER_GROUP',
    operations: ['DESCRIBE'],
    isOptional: true,
    without: '?wait=queryable is answered at once that it is not known; the log names this right',
  },
  {
    program: 'consumer',
    resource: ERASED,
    operations: ['READ', 'DESCRIBE'],
    without: 'nothing is inserted: it is not known who is erased',
  },
  {
    program: 'consumer',
    resource: PREFIX,
    operations: ['READ', 'DESCRIBE'],
    without: 'the topic is not read, the others are; not ready',
  },
  {
    program: 'consumer',
    resource: 'topic KAFKA_TOPIC.dlq',
    operations: ['WRITE'],
    without: 'a record that cannot be inserted halts the consumer',
  },
  {
    program: 'consumer',
    resource: 'group KAFKA_CONSUMER_GROUP',
    operations: ['READ', 'DESCRIBE'],
    without: 'the consumer is not ready',
  },
  {
    program: 'consumer',
    resource: PREFIX,
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'what the promise rests on cannot be checked',
  },
  {
    program: 'replay',
    resource: ERASED,
    operations: ['READ', 'DESCRIBE'],
    without: 'replay fails at the start',
  },
  {
    program: 'erase',
    resource: ERASED,
    operations: ['READ', 'WRITE', 'DESCRIBE'],
    without: 'nobody can be erased',
  },
  {
    program: 'replay',
    resource: PREFIX,
    operations: ['WRITE', 'DESCRIBE'],
    without: 'replay fails at the start',
  },
  {
    program: 'replay',
    resource: 'group KAFKA_CONSUMER_GROUP',
    operations: ['DESCRIBE'],
    without: 'replay cannot see whether the consumers have caught up',
  },
  {
    program: 'destroy-keys',
    resource: KEYS_TOPIC,
    operations: ['DESCRIBE', 'WRITE', 'DELETE'],
    without: 'keys stay in Kafka, and destroy-keys fails',
  },
  {
    program: 'destroy-keys',
    resource: KEYS_TOPIC,
    operations: ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
    isOptional: true,
    without: "the bytes of destroyed keys stay on Kafka's disks until an hour after the next key",
  },
  {
    program: 'destroy-keys',
    resource: 'group KAFKA_CONSUMER_GROUP',
    operations: ['DESCRIBE'],
    without: 'destroy-keys cannot see whether the consumers have caught up, and fails',
  },
  {
    program: 'topic',
    resource: ERASED,
    operations: ['READ', 'WRITE', 'DESCRIBE'],
    without: 'the topic cannot grow',
  },
  {
    program: 'topic',
    resource: PREFIX,
    operations: ['CREATE', 'DESCRIBE'],
    without: 'the next generation of the topic cannot be made',
  },
]
