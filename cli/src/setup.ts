import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import {
  compareTables,
  createClickHouse,
  migrate,
  readTables,
  type PersonalProperties,
  type PlannedHotProperty,
  type TableSettings,
} from '@custom-events/clickhouse'
import {
  consumerGroupName,
  createSchemaRegistry,
  createTopics,
  kafkaConfigFrom,
  partitionCounts,
  prepareConsumerGroup,
  topicNames,
  type TopicNames,
  registryConfigFrom,
} from '@custom-events/kafka'
import { compilePlans } from '@custom-events/event'
import { readPlanFiles, redactUrl, type Logger } from '@custom-events/runtime'
import type { SetupConfig } from './config.ts'
import { setUpLogs } from './logs.ts'
import { fix, step } from './step.ts'
import { untilAnswered, type Patience } from './until-answered.ts'

/**
 * Makes Kafka, the registry and ClickHouse ready for the services: topics, schemas, tables.
 * Idempotent: what exists already is checked and kept.
 *
 * @param print one line per thing done, for a person.
 * @throws {StepError} at the first step that fails; the steps before it stay done.
 */
export async function setUp(
  config: SetupConfig,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  const topics = topicNames(config.KAFKA_TOPIC)
  const marks = await step('reading the tracking plans', fix.plans(config), () =>
    marksOfPlans(config.TRACKING_PLANS_DIR),
  )
  const of = (server: string): Patience => ({ server, limitMs: config.SETUP_TIMEOUT_MS, print })
  const {
    KAFKA_BROKERS: brokers,
    SCHEMA_REGISTRY_URL: registry,
    CLICKHOUSE_URL: clickhouse,
  } = config
  await step('creating topics', fix.kafka(config), () =>
    untilAnswered(of(`Kafka at ${brokers.join(',')}`), () =>
      setUpTopics(config, topics, log, print),
    ),
  )
  await step('registering schemas', fix.registry(config), () =>
    untilAnswered(of(`the schema registry at ${redactUrl(registry)}`), () =>
      setUpSchemas(config, topics, print),
    ),
  )
  await step('migrating ClickHouse', fix.clickhouse(config), () =>
    untilAnswered(of(`ClickHouse at ${redactUrl(clickhouse)}`), () =>
      setUpTables({ config, log, marks }, print),
    ),
  )
  await step('registering the logs of Kafka', fix.logs(config), () => setUpLogs(config, log, print))
}

async function setUpTopics(
  config: SetupConfig,
  topics: TopicNames,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  const kafka = kafkaConfigFrom(config)
  const results = await createTopics({
    kafka,
    partitionCountByTopic: partitionCounts(topics, config.KAFKA_PARTITIONS),
    placed: topics.tracked,
    settings: {
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
      minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
      retentionMs: config.KAFKA_RETENTION_HOURS * 3_600_000,
    },
    log,
  })
  for (const { topic, partitions, isNew, notes } of results) {
    print(`topic ${topic}: ${partitions} partitions, ${isNew ? 'created' : 'was there'}`)
    for (const note of notes) print(`  note: ${note}`)
  }
  const consumerGroup = consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC)
  await prepareConsumerGroup({ kafka, consumerGroup, topics, log })
}

async function setUpSchemas(
  config: SetupConfig,
  topics: TopicNames,
  print: (line: string) => void,
): Promise<void> {
  const registry = createSchemaRegistry(registryConfigFrom(config))
  const schemaByTopic = [
    [topics.tracked, eventAvroSchema],
    [topics.rejected, rejectedAvroSchema],
  ] as const
  for (const [topic, schema] of schemaByTopic) {
    const id = await registry.register(`${topic}-value`, schema)
    print(`schema ${topic}-value: id ${id}`)
  }
}

async function setUpTables(
  {
    config,
    log,
    marks,
  }: { readonly config: SetupConfig; readonly log: Logger; readonly marks: Marks },
  print: (line: string) => void,
): Promise<void> {
  await using clickhouse = createClickHouse(config)
  const { applied, total } = await migrate({
    clickhouse,
    log,
    settings: tableSettings(config),
    plannedColumns: marks.columns,
    personalProperties: marks.personal,
  })
  const findings = compareTables(await readTables(clickhouse), tableSettings(config))
  const refused = findings.filter(({ severity }) => severity === 'refused')
  if (refused.length > 0) throw new Error(refused.map(({ text }) => text).join('\n  '))
  print(`database ${config.CLICKHOUSE_DATABASE}: ${applied} of ${total} migrations applied now`)
  for (const { text } of findings) print(`  note: ${text}`)
  for (const { property, markedIn } of marks.columns)
    print(`${property} has a typed column, as ${markedIn} asks`)
}

/** What tracking plans say about properties beside what they validate. */
interface Marks {
  /** `x-hot`. */
  readonly columns: readonly PlannedHotProperty[]
  /**
   * `x-pii`: properties that are personal or hold something that is. Whatever the event: a mistyped name must not
   * bring out what its plan hides.
   */
  readonly personal: PersonalProperties
}

/** @param paths an empty one is of all properties that a plan does not name. */
function personalProperties(paths: readonly (readonly string[])[]): PersonalProperties {
  const names = paths.map(([name]) => name)
  return names.includes(undefined)
    ? 'all'
    : [...new Set(names.filter((name) => name !== undefined))]
}

async function marksOfPlans(plansDir: string): Promise<Marks> {
  const plans = compilePlans(await readPlanFiles(plansDir))
  return {
    columns: plans.flatMap(({ file, columns }) =>
      columns.map((column) => ({ ...column, markedIn: `${file} /properties/${column.property}` })),
    ),
    personal: personalProperties(plans.flatMap(({ pii }) => pii)),
  }
}

function tableSettings(config: SetupConfig): TableSettings {
  return {
    isReplicated: config.CLICKHOUSE_REPLICATED,
    ...(config.CLICKHOUSE_CLUSTER === '' ? {} : { cluster: config.CLICKHOUSE_CLUSTER }),
    ...(config.CLICKHOUSE_RETENTION_DAYS === 0
      ? {}
      : { retentionDays: config.CLICKHOUSE_RETENTION_DAYS }),
  }
}
