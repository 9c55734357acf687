import { counted } from '../counted.ts'
import { openShards, type OpenShard } from '@custom-events/clickhouse'
import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import {
  consumerGroupName,
  createSchemaRegistry,
  createTopics,
  erasedTopic,
  groupsOfShards,
  kafkaConfigFrom,
  KEYS_TOPIC_SETTINGS,
  partitionCounts,
  pinnedGenerations,
  prepareConsumerGroup,
  topicNames,
  type TopicNames,
  registryConfigFrom,
} from '@custom-events/kafka'
import { redactUrl, shardUrls, type Logger } from '@custom-events/runtime'
import type { SetupConfig } from '../config.ts'
import { setUpRoles } from '../access/roles.ts'
import { onEach, sayingOf } from '../shards/open.ts'
import { mustBeClaimable, setUpAllShards } from '../shards/set-up.ts'
import { fillErasures } from './erasures.ts'
import { mustBeFirst } from './first-generation.ts'
import { setUpLogs } from './logs.ts'
import { readPlans } from './plans.ts'
import { fix, step } from '../step.ts'
import { setUpTables } from './tables.ts'
import { fillGenerations } from '../topic/fill.ts'
import { isAway, untilAnswered, type Patience } from '../until-answered.ts'
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
  await using resources = new AsyncDisposableStack()
  const shards = openShards(config, resources)
  const of = (server: string): Patience => ({ server, limitMs: config.SETUP_TIMEOUT_MS, print })
  const addresses = shards.map(({ url }) => redactUrl(url)).join()
  const onEachShard = (run: OnShard) => oneAfterTheOther(shards, of, run)
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registry } = config
  // First of all: of a wrong order, or of one of several taken for the only one, nothing may be made.
  await step('asking which shard each ClickHouse is', fix.clickhouse(config), () =>
    shards.length > 1
      ? onEachShard(mustBeClaimable)
      : mustBeClaimable(shards[0]).catch(laterIfAway),
  )
  await step('creating topics', fix.kafka(config), () =>
    untilAnswered(of(`Kafka at ${brokers.join(',')}`), () =>
      setUpTopics(config, topics, log, print),
    ),
  )
  // Before the topic of erasures is complete: nobody may place accounts without it.
  const announced = await step('writing generations of the topic to Kafka', fix.kafka(config), () =>
    fillGenerations(config, log, print),
  )
  // At once: who is erased is not known to anybody before, and nobody is ready.
  await step('writing who is erased to Kafka', fix.kafkaOrClickHouse(config), () =>
    untilAnswered(of(`ClickHouse at ${addresses}`), async () => {
      await onEach(shards, mustBeClaimable) // the only one may have been away before
      await fillErasures({ config, log, shards }, print)
    }),
  )
  await step('registering schemas', fix.registry(config), () =>
    untilAnswered(of(`the schema registry at ${redactUrl(registry)}`), () =>
      setUpSchemas(config, topics, print),
    ),
  )
  await step('migrating ClickHouse', fix.clickhouse(config), () =>
    onEachShard((shard, say) => setUpTables(shard, { config, log, plans }, say)),
  )
  await step('making the roles', fix.clickhouse(config), () =>
    onEachShard(({ clickhouse }, say) => setUpRoles(clickhouse, config, say)),
  )
  await step('registering the logs of Kafka', fix.logs(config), () =>
    setUpLogs({ config, log, shards, announced }, print),
  )
  // The last: the services need none of them.
  await step('making the views of events', fix.clickhouse(config), () =>
    onEachShard(({ clickhouse }, say) => setUpViews(clickhouse, { config, plans }, say)),
  )
  if (shards.length > 1 && config.CLICKHOUSE_SHARDS_CLUSTER !== '') {
    await step('making the tables over all shards', fix.clickhouse(config), () =>
      onEachShard((shard, say) => setUpAllShards(shard, config, say)),
    )
  }
}

/** The topics do not need the only one: it is asked again before anything of it is used. */
function laterIfAway(error: unknown): void {
  if (!isAway(error)) throw error
}

type OnShard = (shard: OpenShard, say: (line: string) => void) => Promise<unknown>

/** So that lines of one shard stay together. */
async function oneAfterTheOther(
  shards: readonly OpenShard[],
  of: (server: string) => Patience,
  run: OnShard,
): Promise<void> {
  for (const shard of shards) {
    const patience = of(`ClickHouse at ${redactUrl(shard.url)}`)
    await untilAnswered(patience, () => run(shard, sayingOf(shard, patience.print)))
  }
}

async function setUpTopics(
  config: SetupConfig,
  topics: TopicNames,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  const kafka = kafkaConfigFrom(config)
  await mustBeFirst({ kafka, tracked: topics.tracked, log })
  // Events are in them as in the first: as long, and as safe. One that is lost is made anew.
  const later = await pinnedGenerations({ kafka, tracked: topics.tracked, log })
  const results = await createTopics({
    kafka,
    partitionCountByTopic: {
      ...partitionCounts(topics, config.KAFKA_PARTITIONS, shardUrls(config).length),
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
    print(`topic ${topic}: ${counted(partitions, 'partition')}, ${isNew ? 'created' : 'was there'}`)
    for (const note of notes) print(`  note: ${note}`)
  }
  const named = consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC)
  for (const consumerGroup of groupsOfShards(named, shardUrls(config).length)) {
    await prepareConsumerGroup({ kafka, consumerGroup, topics, log })
  }
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
