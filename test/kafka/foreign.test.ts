// What producers that are not ours write: every codec, transactions, both kinds of time, keys and headers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createConsumer,
  createMemoryBudget,
  createOperator,
  createTopics,
  type FetchedRecord,
  type ForeignRecord,
  type KafkaConfig,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { CODECS, FOREIGN_LIBRARIES, startForeign, whyNoForeign } from '../../chaos/world/foreign.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 360_000_000 }
const TIMESTAMP_MS = Date.now() - 3_600_000
const PARTITIONS = 5

function recordsOf(name: string, partition: number): readonly ForeignRecord[] {
  return Array.from({ length: 300 }, (_, index) => ({
    partition,
    key: index % 3 === 0 ? null : `key ${index % 7}`,
    value: index === 17 ? null : `${name} ${index} ${'and what is often repeated '.repeat(4)}`,
    headers: index % 5 === 0 ? { one: 'a', 'two é': Buffer.from([0, 255]) } : {},
    timestampMs: TIMESTAMP_MS + index,
  }))
}

const textOf = (bytes: Buffer | string | null): string | null => bytes?.toString() ?? null

function contentOf({ partition, key, value, headers = {} }: ForeignRecord | FetchedRecord) {
  const shown = Object.entries(headers).map(([name, one]) => [
    name,
    Buffer.from(one).toString('hex'),
  ])
  return { partition, key: textOf(key), value: textOf(value), headers: shown }
}

async function readAll(kafka: KafkaConfig, topic: string, count: number, signal: AbortSignal) {
  await using member = createConsumer({
    kafka,
    consumerGroup: `reads-${topic}`,
    topics: [topic],
    budget: createMemoryBudget(100_000_000),
    onOutOfRange: 'halt',
    log,
  })
  const read: FetchedRecord[] = []
  let gaps = 0
  while (read.length < count) {
    const event = await member.fetch({ maxWaitMs: 1_000, signal })
    if (signal.aborted) assert.fail(`${read.length} of ${count} records were read`)
    if (event.kind === 'revoked') event.release()
    if (event.kind !== 'records') continue
    read.push(...event.records)
    gaps += event.gaps ?? 0
  }
  return { read, gaps }
}

for (const library of FOREIGN_LIBRARIES) {
  for (const stamps of ['CreateTime', 'LogAppendTime'] as const) {
    test(
      `${library}, topic with ${stamps}: every codec, committed and plain, is read; aborted is not`,
      { timeout: 170_000, skip: whyNoForeign(library) ?? false },
      async (t) => {
        await using shared = await servers()
        const brokers = shared.environment.KAFKA_BROKERS
        const kafka = {
          brokers: brokers.split(','),
          clientId: 'test',
          isTlsEnabled: false,
          sasl: null,
        }
        const topic = `foreign-${library}-${stamps}-${process.pid}`
        const partitionCountByTopic = { [topic]: PARTITIONS }
        await createTopics({ kafka, partitionCountByTopic, settings, log })
        await createOperator(kafka, log).setTopic(topic, { 'message.timestamp.type': stamps })
        await using foreign = await startForeign(library, brokers)
        const expected: ForeignRecord[] = []
        const startedAtMs = Date.now()
        for (const [partition, codec] of CODECS.entries()) {
          for (const transaction of [undefined, 'abort', 'commit'] as const) {
            const records = recordsOf(`${codec} ${transaction}`, partition)
            const manner = { codec, ...(transaction === undefined ? {} : { transaction }) }
            await foreign.produce(topic, records, manner)
            if (transaction !== 'abort') expected.push(...records)
          }
        }
        const { read, gaps } = await readAll(kafka, topic, expected.length, t.signal)
        const inPlace = read.toSorted((one, other) => one.partition - other.partition)
        assert.deepEqual(inPlace.map(contentOf), expected.map(contentOf))
        assert.equal(gaps, 0)
        for (const [index, { timestampMs }] of inPlace.entries()) {
          if (stamps === 'CreateTime') assert.equal(timestampMs, expected[index]?.timestampMs)
          else assert.ok(timestampMs >= startedAtMs - 1_000, `${timestampMs}`)
        }
      },
    )
  }
}
