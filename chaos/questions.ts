import type { readSetupConfig } from '@custom-events/cli'
import { clickhouseHeaders } from '@custom-events/embedded'
import {
  demandReplicas,
  kafkaConfigFrom,
  readGroupOffsets,
  type GroupOffset,
  type TopicNames,
} from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import { STORED_HASH } from './event.ts'
import type { Place } from './ledger.ts'

/** One event as analysts see it. */
export interface ViewRow extends Place {
  readonly eventId: string
  readonly hash: string
}

/** What the harness asks Kafka and ClickHouse; every question throws when they cannot be asked. */
export interface Questions {
  offsets(consumerGroup: string): Promise<readonly GroupOffset[]>
  /** Makes Kafka refuse every dead letter, by demanding more replicas than there are, or take them again. */
  refuseDeadLetters(isRefused: boolean): Promise<void>
  /** The whole view, streamed. */
  view(): AsyncIterable<ViewRow>
  /** A statement without a result. */
  command(sql: string): Promise<void>
  /** Rows of a query, as lists of texts. */
  ask(sql: string): Promise<readonly (readonly string[])[]>
}

const MORE_THAN_THERE_ARE = 9

export function createQuestions(options: {
  readonly config: ReturnType<typeof readSetupConfig>['config']
  readonly topics: TopicNames
  readonly log: Logger
}): Questions {
  const { config, topics, log } = options
  const { CLICKHOUSE_URL: clickhouse, CLICKHOUSE_DATABASE: database } = config
  const all = [topics.tracked, topics.rejected, topics.deadLetters]
  const post = (sql: string, timeoutMs: number): Promise<Response> =>
    fetch(`${clickhouse}/?database=${database}`, {
      method: 'POST',
      headers: clickhouseHeaders(config),
      body: sql,
      signal: AbortSignal.timeout(timeoutMs),
    })
  const lines = async function* (sql: string, timeoutMs: number) {
    yield* linesOf(await post(`${sql} FORMAT TSVRaw`, timeoutMs))
  }
  return {
    offsets: (consumerGroup) =>
      readGroupOffsets({ kafka: kafkaConfigFrom(config), consumerGroup, topics: all, log }),
    refuseDeadLetters: (isRefused) =>
      demandReplicas({
        kafka: kafkaConfigFrom(config),
        topic: topics.deadLetters,
        minInsyncReplicas: isRefused ? MORE_THAN_THERE_ARE : config.KAFKA_MIN_INSYNC_REPLICAS,
        log,
      }),
    ask: async (sql) => {
      const rows: string[][] = []
      for await (const line of lines(sql, 20_000)) rows.push(line.split('\t'))
      return rows
    },
    command: async (sql) => {
      const response = await post(sql, 20_000).catch((cause: unknown) => {
        throw new Error(`ClickHouse did not answer: ${sql}`, { cause })
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text}`)
    },
    view: async function* () {
      const sql = `SELECT event_id, ${STORED_HASH}, kafka_partition, kafka_offset FROM tracked`
      for await (const line of lines(sql, 120_000)) {
        const [eventId = '', hash = '', partition = '', offset = ''] = line.split('\t')
        yield { eventId, hash, partition: Number(partition), offset: Number(offset) }
      }
    },
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (!response.ok || response.body === null) {
    throw new Error(`ClickHouse answered ${response.status}: ${await response.text()}`)
  }
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') throw new Error(`ClickHouse cut its answer after ${rest.slice(0, 200)}`)
}
