import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import {
  consumerGroupName,
  createSchemaRegistry,
  createTopics,
  erasedTopic,
  kafkaConfigFrom,
  KEYS_TOPIC_SETTINGS,
  partitionCounts,
  pinnedGenerations,
  prepareConsumerGroup,
  topicNames,
  type TopicNames,
  registryConfigFrom,
} from '@custom-events/kafka'
import { redactUrl, type Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'
import { setUpRoles } from '../access/roles.ts'
import { fillErasures } from './erasures.ts'
import { setUpLogs } from './logs.ts'
import { readPlans } from './plans.ts'
import { fix, step } from '../step.ts'
import { setUpTables } from './tables.ts'
import { fillGenerations } from '../topic/fill.ts'
import { untilAnswered, type Patience } from '../until-answered.ts'
import { setUpViews } from '../views/views.ts'

/**
 * Makes Kafka, the registry and ClickHouse ready for the services: topics, schemas, tables, views.
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
  const plans = await step('reading the tracking plans', fix.plans(config), () =>
    readPlans(config.TRACKING_PLANS_DIR),
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
  // Before the topic of erasures is complete: nobody may place accounts without it.
  await step('writing generations of the topic to Kafka', fix.kafka(config), () =>
    fillGenerations(config, log, print),
  )
  // At once: who is erased is not known to anybody before, and nobody is ready.
  await step('writing who is erased to Kafka', fix.kafkaOrClickHouse(config), () =>
    untilAnswered(of(`ClickHouse at ${redactUrl(clickhouse)}`), () =>
      fillErasures(config, log, print),
    ),
  )
  await step('registering schemas', fix.registry(config), () =>
    untilAnswered(of(`the schema registry at ${redactUrl(registry)}`), () =>
      setUpSchemas(config, topics, print),
    ),
  )
  await step('migrating ClickHouse', fix.clickhouse(config), () =>
    untilAnswered(of(`ClickHouse at ${redactUrl(clickhouse)}`), () =>
      setUpTables({ config, log, plans }, print),
    ),
  )
  await step('making the roles', fix.clickhouse(config), () => setUpRoles(config, print))
  await step('registering the logs of Kafka', fix.logs(config), () => setUpLogs(config, log, print))
  // The last: the services need none of them.
  await step('making the views of events', fix.clickhouse(config), () =>
    untilAnswered(of(`ClickHouse at ${redactUrl(clickhouse)}`), () =>
      setUpViews(config, plans, print),
    ),
  )
}

async function setUpTopics(
  config: SetupConfig,
  topics: TopicNames,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  const kafka = kafkaConfigFrom(config)
  // Events are in them as in the first: as long, and as safe. One that is lost is made anew.
  const later = await pinnedGenerations({ kafka, tracked: topics.tracked, log })
  const results = await createTopics({
    kafka,
    partitionCountByTopic: {
      ...partitionCounts(topics, config.KAFKA_PARTITIONS),
      ...Object.fromEntries(later.map(({ topic, partitions }) => [topic, partitions])),
      [erasedTopic(topics.tracked)]: 1,
    },
    placed: [topics.tracked, ...later.map(({ topic }) => topic)],
    ownSettings: { [topics.keys]: KEYS_TOPIC_SETTINGS },
    compacted: [erasedTopic(topics.tracked)],
    settings: {
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
      minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
      retentionMs: config.KAFKA_RETENTION_HOURS * 3_600_000,
      compression: config.KAFKA_COMPRESSION,
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
