import { mkdirSync } from 'node:fs'
import type { Stack } from '@custom-events/embedded'
import { createOperator, kafkaConfigFrom, readGroupOffsets, topicNames } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { createAccounts } from '../accounts.ts'
import { createLedger } from '../ledger.ts'
import { eventEncoder } from '../refused.ts'
import { createClickHouseQuestions } from './clickhouse.ts'
import { createProduct, type Output } from './product.ts'
import type { Scenario } from './scenario.ts'
import { send, sendUpdates } from './traffic.ts'
import { until } from './until.ts'
import { checkWhole, type Foreign } from './whole.ts'
import type { Environment, ScenarioWorld, ForeignEvent } from './scenario-world.ts'

const PARTITIONS = '3'
const WITHIN_MS = 60_000
const WHOLE_WITHIN_MS = 60_000

export async function openScenarioWorld(options: {
  readonly scenario: Scenario
  readonly stack: Stack
  readonly seed: number
  readonly folder: string
  /** Another checkout, whose programs are run. */
  readonly repository: string | null
  readonly signal: AbortSignal
  readonly patience: number
  readonly findings: Findings
  readonly say: (line: string) => void
}): Promise<ScenarioWorld & AsyncDisposable> {
  const { scenario, stack, seed, folder, signal, patience, findings, say } = options
  const { secure } = stack
  if (secure === null) throw new Error('scenarios need a stack with secure: true')
  mkdirSync(folder, { recursive: true })
  const name = `${scenario.kind}_${scenario.name}`.toLowerCase().replaceAll('-', '_')
  const topics = topicNames(`${name}.tracked`)
  const consumerGroup = `custom-events.clickhouse.${topics.tracked}`
  const environment: Environment = {
    ...stack.environment,
    ...(scenario.needs === 'secure' ? secure.admin : {}),
    KAFKA_TOPIC: topics.tracked,
    KAFKA_CONSUMER_GROUP: consumerGroup,
    KAFKA_PARTITIONS: PARTITIONS,
    CLICKHOUSE_DATABASE: name,
    LOG_LEVEL: 'info',
    // What reaches the tables, and who is a member of a group, is seen sooner.
    BATCH_MAX_AGE_MS: '200',
    ...scenario.environment,
  }
  const product = createProduct({
    repository: options.repository,
    environment,
    logDir: folder,
    signal,
    patience,
    onNotReady: (tookMs) => (findings.notReadyMs = Math.max(findings.notReadyMs ?? 0, tookMs)),
  })
  const log = createLogger({ service: 'chaos', level: 'silent' })
  const kafka = kafkaConfigFrom({
    KAFKA_BROKERS: stack.environment.KAFKA_BROKERS.split(','),
    KAFKA_CLIENT_ID: 'chaos',
    KAFKA_TLS_ENABLED: false,
    KAFKA_SASL_MECHANISM: 'none',
    KAFKA_SASL_USERNAME: '',
    KAFKA_SASL_PASSWORD: '',
  })
  const operator = createOperator(kafka, log)
  const ledger = createLedger(seed, createAccounts({ ordered: 6, concurrent: 24 }))
  const foreign: Foreign = { eventIds: new Set(), poison: [] }
  const clickhouse = createClickHouseQuestions(stack.environment, name)
  const encode = async ({ event_id, event = 'foreign', group_id }: ForeignEvent) => {
    const encoder = await eventEncoder(stack.registry.url, topics.tracked)
    return encoder({ event_id, event, group_id })
  }
  const setUp = async (more: Environment = {}): Promise<Output> => {
    const output = await product.command(['setup'], more)
    if (output.code !== 0) throw new Error(`setup exited with ${output.code}: ${output.text}`)
    return output
  }

  return {
    seed,
    signal,
    stack,
    secure,
    topics,
    consumerGroup,
    database: name,
    environment,
    ledger,
    operator,
    ...product,
    setUp,
    start: async (more = {}) => {
      await setUp(more)
      const [ingest, consumer] = [await product.ingest(more), await product.consumer(more)]
      await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
      return { ingest, consumer }
    },
    send: (sending) => send(ledger, sending, { signal, patience }),
    sendUpdates: (sending) => sendUpdates(ledger, sending, { signal, patience }),
    putEvents: async (events, { topic = topics.tracked, by = operator, ...manner } = {}) => {
      const encoder = await eventEncoder(stack.registry.url, topics.tracked)
      const records = events.map(
        ({ event_id, event = 'foreign', group_id, partition = 0, key, value, ...rest }) => ({
          ...rest,
          partition,
          key: key === undefined ? group_id : key,
          value: value ?? encoder({ event_id, event, group_id }),
        }),
      )
      await by.produce(topic, records, manner)
      // What was aborted must never be seen: it stays unknown, and would be a phantom.
      if (manner.transaction === 'abort') return
      for (const { event_id } of events) foreign.eventIds.add(event_id)
    },
    putPoison: async (poison, { topic = topics.tracked, by = operator, ...manner } = {}) => {
      await by.produce(topic, poison, manner)
      if (manner.transaction === 'abort') return
      for (const { partition, key, value } of poison) {
        const bytes = value === null ? null : Buffer.from(value)
        foreign.poison.push({ kind: 'put', partition, key: Buffer.from(key ?? ''), value: bytes })
      }
    },
    encode,
    ask: clickhouse.ask,
    execute: clickhouse.execute,
    offsets: (group = consumerGroup) =>
      readGroupOffsets({ kafka, consumerGroup: group, topics: Object.values(topics), log }),
    expectWhole: (withinMs = WHOLE_WITHIN_MS) =>
      checkWhole({
        ledger,
        foreign,
        ask: clickhouse.ask,
        topics: [topics.tracked],
        withinMs: withinMs * patience,
        signal,
      }),
    until: async (attempt, withinMs = WITHIN_MS) =>
      (await until(attempt, { withinMs: withinMs * patience, signal })).value,
    note: (text) => {
      findings.notes.push(text)
      say(text)
    },
    [Symbol.asyncDispose]: () => product[Symbol.asyncDispose](),
  }
}

/** What a scenario has left when it ends. */
export interface Findings {
  readonly notes: string[]
  /** The longest it took until a service said why it was not ready; null when none had to. */
  notReadyMs: number | null
}
