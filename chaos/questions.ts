import type { readSetupConfig } from '@custom-events/cli'
import { clickhouseHeaders } from '@custom-events/embedded'
import {
  demandReplicas,
  kafkaConfigFrom,
  readShardOffsets,
  type GroupOffset,
  type TopicNames,
} from '@custom-events/kafka'
import { shardUrls, type Logger } from '@custom-events/runtime'
import { createAsker, type Rows } from './ask-clickhouse.ts'
import { STORED_HASH } from './event.ts'
import type { Place } from './ledger.ts'

/** One event as analysts see it. */
export interface ViewRow extends Place {
  readonly eventId: string
  readonly hash: string
  /** On which ClickHouse, from 1. @default the only one */
  readonly shard?: number
}

/** What the harness asks Kafka and ClickHouse; every question throws when they cannot be asked. */
export interface Questions {
  /** How many ClickHouses are asked. */
  readonly shards: number
  /** Of every partition what the group that reads it has committed. */
  offsets(consumerGroup: string): Promise<readonly GroupOffset[]>
  /** Makes Kafka refuse every dead letter, by demanding more replicas than there are, or take them again. */
  refuseDeadLetters(isRefused: boolean): Promise<void>
  /** The whole view of every shard, streamed. */
  view(): AsyncIterable<ViewRow>
  /** A statement without a result. @param shard @default all of them, one after the other */
  command(sql: string, shard?: number): Promise<void>
  /** Rows of a query, as lists of texts. @param shard @default all of them, in their order */
  ask(sql: string, shard?: number): Promise<Rows>
  /** Those of all, by shard. */
  askEach(sql: string): Promise<readonly Rows[]>
}

const MORE_THAN_THERE_ARE = 9
const VIEW_TIMEOUT_MS = 120_000

export function createQuestions(options: {
  readonly config: ReturnType<typeof readSetupConfig>['config']
  readonly topics: TopicNames
  readonly log: Logger
}): Questions {
  const { config, topics, log } = options
  const kafka = kafkaConfigFrom(config)
  const all = [topics.tracked, topics.rejected, topics.deadLetters]
  const askers = shardUrls(config).map((url) =>
    createAsker({
      url,
      database: config.CLICKHOUSE_DATABASE,
      headers: clickhouseHeaders(config),
    }),
  )
  const shards = askers.length
  const those = (only: number | undefined) =>
    only === undefined ? askers : askers.slice(only - 1, only)
  const askEach = (sql: string, only?: number) =>
    Promise.all(those(only).map((asker) => asker.ask(sql)))
  return {
    shards,
    offsets: (consumerGroup) =>
      readShardOffsets({ kafka, consumerGroup, topics: all, shards, log }),
    refuseDeadLetters: (isRefused) =>
      demandReplicas({
        kafka,
        topic: topics.deadLetters,
        minInsyncReplicas: isRefused ? MORE_THAN_THERE_ARE : config.KAFKA_MIN_INSYNC_REPLICAS,
        log,
      }),
    askEach: (sql) => askEach(sql),
    ask: async (sql, only) => (await askEach(sql, only)).flat(),
    command: async (sql, only) => {
      for (const asker of those(only)) await asker.command(sql)
    },
    view: async function* () {
      const sql = `SELECT event_id, ${STORED_HASH}, kafka_partition, kafka_offset FROM tracked`
      for (const [index, asker] of askers.entries()) {
        for await (const line of asker.lines(sql, VIEW_TIMEOUT_MS)) {
          const [eventId = '', hash = '', partition = '', offset = ''] = line.split('\t')
          const place = { partition: Number(partition), offset: Number(offset) }
          yield { eventId, hash, ...place, shard: index + 1 }
        }
      }
    },
  }
}
