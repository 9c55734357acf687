import { join } from 'node:path'
import { freePort, launchProgram, type Program } from '@custom-events/embedded'
import { createClickHouse, type ClickHouse } from '@custom-events/clickhouse'

/** What a contender reads from and writes to, in one round. */
export interface Round {
  readonly environment: Readonly<Record<string, string>>
  /** Of this contender and round alone, with the tables of `npm run setup`. */
  readonly database: string
  readonly consumerGroup: string
  readonly topics: { readonly avro: string; readonly json: string; readonly zstd: string }
  readonly logDir: string
}

/** A way of getting records from Kafka into the table `events`. */
export interface Contender {
  readonly name: string
  /** Which topic it reads by our schema. @default avro */
  readonly reads?: 'avro' | 'zstd'
  /** How many ClickHouses it fills. @default 1 */
  readonly shards?: number
  /** Whether each of them, with its consumer, has one core only, as if it were a machine of its own. @default false */
  readonly hasCoreOfItsOwn?: boolean
  /** Begins to consume. @returns the processes it has besides Kafka and ClickHouse, and how to end it. */
  start(round: Round): Promise<{
    readonly pids: readonly number[]
    readonly stop: () => Promise<void>
  }>
}

/** Our consumer service, as an operator runs it. */
export function ours(instances: number, nodeOptions = ''): Contender {
  const start: Contender['start'] = async (round) => {
    const programs = await Promise.all(
      Array.from({ length: instances }, async (_, index) => {
        const port = String(await freePort())
        return launchProgram({
          name: `consumer-${index + 1}`,
          entry: 'services/consumer/src/main.ts',
          environment: { ...variablesOf(round), OPS_PORT: port, NODE_OPTIONS: nodeOptions },
          logFile: join(round.logDir, `${round.database}-${index + 1}.log`),
        })
      }),
    )
    return running(programs)
  }
  return {
    name: named('our consumer', instances, 'instances'),
    start,
  }
}

/** A consumer for each of several ClickHouses. */
export function oursOnShards(shards: number, nodeOptions = ''): Contender {
  return {
    name: `${shards} shards, a consumer each`,
    shards,
    start: async (round) => {
      const programs = await Promise.all(
        Array.from({ length: shards }, async (_, index) =>
          launchProgram({
            name: `consumer-${index + 1}`,
            entry: 'services/consumer/src/main.ts',
            environment: {
              ...variablesOf(round),
              CLICKHOUSE_SHARD: String(index + 1),
              OPS_PORT: String(await freePort()),
              NODE_OPTIONS: nodeOptions,
            },
            logFile: join(round.logDir, `${round.database}-${index + 1}.log`),
          }),
        ),
      )
      return running(programs)
    },
  }
}

/** Our consumer, from a topic with the same records as ingest compresses them. */
export function oursFromZstd(nodeOptions: string): Contender {
  const plain = ours(1, nodeOptions)
  return {
    name: 'ours, from a topic with zstd',
    reads: 'zstd',
    start: (round) =>
      plain.start({ ...round, topics: { ...round.topics, avro: round.topics.zstd } }),
  }
}

/** kafkajs as its documentation shows it, one JSONEachRow insert per batch it hands out. */
export const naive: Contender = {
  name: 'kafkajs, JSONEachRow',
  start: async (round) => {
    const program = launchProgram({
      name: 'naive',
      entry: 'bench/peers/naive-consumer.ts',
      environment: variablesOf(round),
      logFile: join(round.logDir, `${round.database}.log`),
    })
    return running([program])
  },
}

function variablesOf({ environment, database, consumerGroup, topics }: Round) {
  return {
    ...environment,
    KAFKA_TOPIC: topics.avro,
    KAFKA_CONSUMER_GROUP: consumerGroup,
    CLICKHOUSE_DATABASE: database,
    LOG_LEVEL: 'info',
  }
}

function running(programs: readonly Program[]) {
  return {
    pids: programs.map(({ pid }) => pid),
    stop: async () => void (await Promise.all(programs.map((program) => program.stop()))),
  }
}

/** ClickHouse's Kafka table engine: a queue, and a view that moves what comes out of it into `events`. */
export function engine(format: 'AvroConfluent' | 'JSONEachRow', consumers: number): Contender {
  return {
    name: named(`Kafka engine, ${format}`, consumers, 'consumers'),
    start: async (round) => {
      const { environment, topics, consumerGroup } = round
      const clickhouse = clickhouseOf(round)
      const topic = format === 'AvroConfluent' ? topics.avro : topics.json
      await clickhouse.command(`CREATE TABLE queue (${QUEUE_COLUMNS}) ENGINE = Kafka SETTINGS
        kafka_broker_list = '${environment['KAFKA_BROKERS']}', kafka_topic_list = '${topic}',
        kafka_group_name = '${consumerGroup}', kafka_format = '${format}',
        kafka_num_consumers = ${consumers}, kafka_thread_per_consumer = ${consumers > 1 ? 1 : 0},
        kafka_max_block_size = 65536, kafka_poll_max_batch_size = 65536, kafka_flush_interval_ms = 1000,
        format_avro_schema_registry_url = '${environment['SCHEMA_REGISTRY_URL']}'`)
      await clickhouse.command(`CREATE MATERIALIZED VIEW queue_feed TO events AS
        SELECT * EXCEPT (sent_at, received_at), sent_at AS set_sent_at, received_at AS set_received_at,
               _partition AS kafka_partition, _offset AS version FROM queue`)
      const stop = async (): Promise<void> => {
        await clickhouse.command('DROP TABLE queue_feed SYNC')
        await clickhouse.command('DROP TABLE queue SYNC')
        await clickhouse[Symbol.asyncDispose]()
      }
      return { pids: [], stop }
    },
  }
}

/** The fields of a record with the types of the table. */
const QUEUE_COLUMNS = `event_id String, event String, group_id String, user_id Nullable(String),
  anonymous_id Nullable(String), timestamp DateTime64(3, 'UTC'), sent_at Nullable(DateTime64(3, 'UTC')),
  received_at DateTime64(3, 'UTC'), properties String, context String, extra String, source String`

function named(name: string, count: number, what: string): string {
  return count === 1 ? name : `${name}, ${count} ${what}`
}

export function clickhouseOf(
  round: Pick<Round, 'environment' | 'database'>,
  url = round.environment['CLICKHOUSE_URL'] ?? '',
): ClickHouse {
  return createClickHouse({
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: round.environment['CLICKHOUSE_USER'] ?? '',
    CLICKHOUSE_PASSWORD: round.environment['CLICKHOUSE_PASSWORD'] ?? '',
    CLICKHOUSE_DATABASE: round.database,
  })
}
