import { RESOURCES, type KafkaNames, type KafkaResource, type ResourceName } from './resources.ts'

export const KAFKA_PROGRAMS = [
  'setup',
  'ingest',
  'consumer',
  'replay',
  'erase',
  'destroy-keys',
  'topic',
] as const
export type KafkaProgram = (typeof KAFKA_PROGRAMS)[number]

/** As `kafka-acls.sh` takes it: `DescribeConfigs` is `DESCRIBE_CONFIGS` here. */
export type KafkaOperation =
  'READ' | 'WRITE' | 'CREATE' | 'DELETE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS'

/** Who has one of these has the other as well: org.apache.kafka.metadata.authorizer.StandardAuthorizer. */
export const IMPLIED_BY: Readonly<Partial<Record<KafkaOperation, readonly KafkaOperation[]>>> = {
  DESCRIBE: ['READ', 'WRITE', 'DELETE'], // ALTER as well, which nobody needs
  DESCRIBE_CONFIGS: ['ALTER_CONFIGS'],
}

export interface Right {
  readonly program: KafkaProgram
  readonly resource: ResourceName
  readonly operations: readonly KafkaOperation[]
  /** What does not work without it; `optional` ones are told and done without. */
  readonly without: string
  readonly isOptional?: boolean
}

/**
 * What each program needs of Kafka, and nothing that it can do without but for what is optional. The page of rights is made
 * from this table, and test/connect/rights.test.ts runs every program with exactly its rows and without each.
 */
export const KAFKA_RIGHTS: readonly Right[] = [
  {
    program: 'setup',
    resource: 'topics',
    operations: ['CREATE', 'DESCRIBE'],
    without: 'setup fails, and says which topic must be made by somebody else',
  },
  {
    program: 'setup',
    resource: 'topics',
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'settings of existing topics are not checked',
  },
  {
    program: 'setup',
    resource: 'topics',
    operations: ['ALTER_CONFIGS'],
    isOptional: true,
    without: 'settings that differ are refused or told instead of changed',
  },
  {
    program: 'setup',
    resource: 'topics',
    operations: ['READ'],
    isOptional: true,
    without:
      'when the topic of erasures was lost and the topic of events has grown: setup cannot read which accounts are split, and fails',
  },
  {
    program: 'setup',
    resource: 'erasures',
    operations: ['CREATE', 'DESCRIBE', 'READ', 'WRITE'],
    without:
      'setup fails: nobody is ready before the topic of erasures is there and says that it is complete',
  },
  {
    program: 'setup',
    resource: 'erasures',
    operations: ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
    isOptional: true,
    without: 'its settings are not checked, or refused or told instead of changed',
  },
  {
    program: 'setup',
    resource: 'group',
    operations: ['DESCRIBE'],
    without: 'setup fails at the group',
  },
  {
    program: 'ingest',
    resource: 'topics',
    operations: ['WRITE', 'DESCRIBE'],
    without: 'ingest is not ready',
  },
  {
    program: 'ingest',
    resource: 'topics',
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'neither limits nor what the promise rests on can be checked',
  },
  {
    program: 'ingest',
    resource: 'erasures',
    operations: ['READ', 'DESCRIBE'],
    without: 'ingest is not ready: it knows neither who is erased nor whether the topic has grown',
  },
  {
    program: 'ingest',
    resource: 'group',
    operations: ['DESCRIBE'],
    isOptional: true,
    without: '?wait=queryable is answered at once that it is not known; the log names this right',
  },
  {
    program: 'consumer',
    resource: 'topics',
    operations: ['READ', 'DESCRIBE'],
    without: 'the topic is not read, the others are; not ready',
  },
  {
    program: 'consumer',
    resource: 'topics',
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'what the promise rests on cannot be checked',
  },
  {
    program: 'consumer',
    resource: 'dead_letters',
    operations: ['WRITE'],
    without: 'a record that cannot be inserted halts the consumer',
  },
  {
    program: 'consumer',
    resource: 'erasures',
    operations: ['READ', 'DESCRIBE'],
    without: 'nothing is inserted, and the consumer is not ready: it is not known who is erased',
  },
  {
    program: 'consumer',
    resource: 'group',
    operations: ['READ', 'DESCRIBE'],
    without: 'the consumer is not ready',
  },
  {
    program: 'replay',
    resource: 'topics',
    operations: ['WRITE', 'DESCRIBE'],
    without: 'replay fails at the start',
  },
  {
    program: 'replay',
    resource: 'topics',
    operations: ['DESCRIBE_CONFIGS'],
    isOptional: true,
    without: 'what the promise rests on cannot be checked',
  },
  {
    program: 'replay',
    resource: 'erasures',
    operations: ['READ', 'DESCRIBE'],
    without: 'replay fails at the start',
  },
  {
    program: 'replay',
    resource: 'group',
    operations: ['DESCRIBE'],
    without:
      'replay fails before anything is said: it cannot see whether the consumers have caught up',
  },
  {
    program: 'erase',
    resource: 'erasures',
    operations: ['READ', 'WRITE', 'DESCRIBE'],
    without: 'nobody can be erased',
  },
  ...(['erase', 'destroy-keys'] as const).flatMap((program): readonly Right[] => [
    {
      program,
      resource: 'keys',
      operations: ['DESCRIBE', 'DELETE'],
      without: `keys stay in Kafka, and ${program} fails`,
    },
    {
      program,
      resource: 'keys',
      operations: ['WRITE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
      isOptional: true,
      without: "the bytes of destroyed keys stay on Kafka's disks until an hour after the next key",
    },
    {
      program,
      resource: 'group',
      operations: ['DESCRIBE'],
      without: `${program} cannot see whether the consumers have inserted the keys, and fails`,
    },
  ]),
  {
    program: 'topic',
    resource: 'erasures',
    operations: ['READ', 'WRITE', 'DESCRIBE'],
    without: 'the topic cannot grow',
  },
  {
    program: 'topic',
    resource: 'topics',
    operations: ['CREATE', 'DESCRIBE', 'READ', 'WRITE'],
    without: 'the next generation of the topic cannot be made, nor what is split in it recorded',
  },
  {
    program: 'topic',
    resource: 'topics',
    operations: ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
    isOptional: true,
    without:
      'that what is split stays recorded for ever is not checked, or refused instead of changed where an earlier release made the topic for it',
  },
  {
    program: 'topic',
    resource: 'group',
    operations: ['DESCRIBE'],
    without:
      'the topic does not grow: it cannot be seen whether a consumer is of an earlier release',
  },
]

export type KafkaAcl = KafkaResource & { readonly operation: KafkaOperation }

/** One operation on one kind of resource. */
export interface KafkaRight {
  readonly resource: ResourceName
  readonly operation: KafkaOperation
}

/** What Kafka's authorizer must hold for somebody to have these rights. */
export function aclsOf(rights: readonly KafkaRight[], names: KafkaNames): readonly KafkaAcl[] {
  return rights.flatMap(({ resource, operation }) =>
    RESOURCES[resource].of(names).map((each) => ({ ...each, operation })),
  )
}

/** Every right of a program by itself. */
export function rightsOf(program: KafkaProgram): readonly KafkaRight[] {
  return KAFKA_RIGHTS.filter((row) => row.program === program).flatMap(({ resource, operations }) =>
    operations.map((operation) => ({ resource, operation })),
  )
}
