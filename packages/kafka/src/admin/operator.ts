import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Consumer as KafkaJsConsumer } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { patiently, WHILE_MADE, withAdmin } from './admin-client.ts'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { ownSettings, topicResource } from './topic-state.ts'

/**
 * What operators and other producers do to the topics of a pipeline, for those who prove that it bears it.
 * No service uses this. Every call connects anew and throws what Kafka says.
 */
export interface Operator {
  createTopic(
    topic: string,
    partitions: number,
    settings?: Readonly<Record<string, string>>,
  ): Promise<void>
  deleteTopic(topic: string): Promise<void>
  /** Keeps what is set and not named; null sets back to the broker's. */
  setTopic(topic: string, settings: Readonly<Record<string, string | null>>): Promise<void>
  /** What is set for the topic itself. */
  topicSettings(topic: string): Promise<ReadonlyMap<string, string>>
  /** So many in all. */
  addPartitions(topic: string, partitions: number): Promise<void>
  /** Deletes what lies before these offsets, as retention would. */
  deleteRecords(topic: string, firstKept: ReadonlyMap<number, number>): Promise<void>
  /** Moves a group that has no member. */
  setOffsets(
    consumerGroup: string,
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<void>
  /** Writes records as somebody else's producer does. */
  produce(topic: string, records: readonly ForeignRecord[], manner?: ProduceManner): Promise<void>
  /** Joins a group with topics of its own. Resolves when it is a member. */
  join(consumerGroup: string, topics: readonly string[]): Promise<ForeignMember>
}

export interface ForeignRecord {
  readonly partition: number
  readonly key: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers?: Readonly<Record<string, Buffer | string>>
  /** Milliseconds since 1970. @default now */
  readonly timestampMs?: number
}

export interface ProduceManner {
  /** kafkajs writes only `none` and `gzip`. */
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** In one transaction, which is then committed or aborted. */
  readonly transaction?: 'commit' | 'abort'
}

/** A member of a group that is not our consumer. */
export interface ForeignMember extends AsyncDisposable {
  readonly memberId: string
}

const JOIN_WITHIN_MS = 30_000
const HEEDED_LOOKS = 50
const HEEDED_PAUSE_MS = 100

export function createOperator(kafka: KafkaConfig, log: Logger): Operator {
  const client = createKafkaJs(kafka, log, {
    requestTimeout: 15_000,
    retry: { retries: 5, initialRetryTime: 200 },
  })
  return {
    createTopic: (topic, numPartitions, settings = {}) =>
      withAdmin(kafka, log, async (admin) => {
        const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
        const topics = [{ topic, numPartitions, replicationFactor: 1, configEntries }]
        await patiently(() => admin.createTopics({ waitForLeaders: true, topics }), WHILE_MADE)
      }),
    deleteTopic: (topic) =>
      withAdmin(kafka, log, (admin) => admin.deleteTopics({ topics: [topic], timeout: 10_000 })),
    setTopic: (topic, settings) =>
      withAdmin(kafka, log, async (admin) => {
        const kept = (await ownSettings(admin, topic)).filter(({ name }) => !(name in settings))
        const set = Object.entries(settings).flatMap(([name, value]) =>
          value === null ? [] : [{ name, value }],
        )
        await admin.alterConfigs({
          validateOnly: false,
          resources: [{ ...topicResource(topic), configEntries: [...kept, ...set] }],
        })
        await heeded(set, () => ownSettings(admin, topic))
      }),
    topicSettings: (topic) =>
      withAdmin(kafka, log, async (admin) => {
        const settings = await ownSettings(admin, topic)
        return new Map(settings.map(({ name, value }) => [name, value]))
      }),
    addPartitions: (topic, count) =>
      withAdmin(kafka, log, async (admin) => {
        await admin.createPartitions({ topicPartitions: [{ topic, count }] })
      }),
    deleteRecords: (topic, firstKept) =>
      withAdmin(kafka, log, async (admin) => {
        await admin.fetchTopicOffsets(topic) // kafkajs deletes only where it has learnt the leaders before
        await admin.deleteTopicRecords({ topic, partitions: partitionOffsets(firstKept) })
      }),
    setOffsets: (groupId, topic, offsets) =>
      withAdmin(kafka, log, async (admin) => {
        await admin.setOffsets({ groupId, topic, partitions: partitionOffsets(offsets) })
      }),
    produce: async (topic, records, { codec = 'none', transaction } = {}) => {
      const isPlain = transaction === undefined
      const producer = client.producer({
        allowAutoTopicCreation: false,
        ...(isPlain ? {} : { transactionalId: randomUUID(), maxInFlightRequests: 1 }),
      })
      if (codec !== 'none' && codec !== 'gzip') throw new Error(`kafkajs does not write ${codec}`)
      const compression = kafkajs.CompressionTypes[codec === 'gzip' ? 'GZIP' : 'None']
      const messages = records.map(({ timestampMs, headers, ...record }) => ({
        ...record,
        ...(headers === undefined ? {} : { headers: { ...headers } }),
        ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
      }))
      await producer.connect()
      try {
        if (isPlain) {
          await producer.send({ topic, messages, compression })
          return
        }
        const running = await producer.transaction()
        await running.send({ topic, messages, compression })
        await (transaction === 'commit' ? running.commit() : running.abort())
      } finally {
        await producer.disconnect().catch(() => {})
      }
    },
    join: async (groupId, topics) => {
      const member = client.consumer({ groupId, sessionTimeout: 10_000, rebalanceTimeout: 10_000 })
      await member.connect()
      try {
        await member.subscribe({ topics: [...topics] })
        const memberId = await joined(member)
        return { memberId, [Symbol.asyncDispose]: () => member.disconnect() }
      } catch (error) {
        await member.disconnect().catch(() => {})
        throw error
      }
    },
  }
}

type Setting = { readonly name: string; readonly value: string }

/** Kafka answers when the change is written down; a broker heeds it a moment later, when it tells it. */
async function heeded(
  wanted: readonly Setting[],
  look: () => Promise<readonly Setting[]>,
): Promise<void> {
  for (let looks = 0; looks < HEEDED_LOOKS; looks++) {
    const found = new Map((await look()).map(({ name, value }) => [name, value]))
    if (wanted.every(({ name, value }) => found.get(name) === value)) return
    await delay(HEEDED_PAUSE_MS)
  }
  throw new Error(`the broker does not heed ${JSON.stringify(wanted)}`)
}

function partitionOffsets(offsets: ReadonlyMap<number, number>) {
  return [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }))
}

/** Reads and throws away; it is there to be a member. */
async function joined(member: KafkaJsConsumer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const overdue = setTimeout(() => reject(new Error('did not become a member')), JOIN_WITHIN_MS)
  member.on(member.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberId))
  await member.run({ autoCommit: false, eachBatch: async () => {} })
  return promise.finally(() => clearTimeout(overdue))
}
