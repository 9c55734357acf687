import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { freePort, launchProgram, startStack, type Program } from '@custom-events/embedded'
import {
  createProducer,
  kafkaConfigFrom,
  partitionCounts,
  topicNames,
  type TopicNames,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { patiently } from '../patiently.ts'
import { createQuestions, type Questions } from '../questions.ts'
import { eventEncoder } from '../refused.ts'

/** A consumer under a name, as a pod of a StatefulSet has one. */
export interface NamedConsumer extends Program {
  readonly isReady: () => Promise<boolean>
  /** Partitions of the main topic that it was assigned last, by its log. */
  readonly partitions: () => readonly number[]
}

/** Kafka, ClickHouse, and a record in every partition twenty times a second, whoever reads them. */
export interface SteadyStage extends AsyncDisposable {
  readonly questions: Questions
  readonly start: (name: string) => Promise<NamedConsumer>
  /** How many records Kafka has acknowledged. */
  readonly acknowledged: () => number
  /** Stops the stream, and waits until it has. */
  readonly stopStream: () => Promise<void>
  /** Milliseconds between two inserts of each partition, the longest that ended or goes on within the window. */
  readonly longestPauses: (window: Window) => Promise<ReadonlyMap<number, number>>
}

/** By the wall clock. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

export const PARTITIONS = 12
const EVERY_MS = 50
const SETUPS = 5
/** So that a pause is one of the readers, and not a batch that gets older. */
const BATCH_MAX_AGE_MS = '200'

export async function startSteadyStage(say: (line: string) => void): Promise<SteadyStage> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-drill-takeover-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const stack = resources.use(await startStack({ dataDir: folder, tuned: true, onProgress: say }))
  const environment = {
    ...stack.environment,
    KAFKA_PARTITIONS: String(PARTITIONS),
    BATCH_MAX_AGE_MS,
  }
  const { config } = readSetupConfig({ ...environment, LOG_LEVEL: 'error' })
  const log = createLogger({ service: 'drill', level: 'silent' })
  await patiently(() => setUp(config, log, () => {}), SETUPS)
  const topics = topicNames(config.KAFKA_TOPIC)
  const questions = createQuestions({ config, topics, log })
  const producer = resources.use(
    createProducer({
      kafka: kafkaConfigFrom(config),
      partitionCountByTopic: partitionCounts(topics, PARTITIONS),
      log,
    }),
  )
  const encode = await eventEncoder(stack.registry.url, topics.tracked)
  const stream = streamInto({ topics, encode, produce: (records) => producer.produce(records) })
  resources.defer(() => stream.stop())
  const logDir = join(folder, 'logs')
  mkdirSync(logDir, { recursive: true })
  const owned = resources.move()
  return {
    questions,
    start: async (name) =>
      owned.use(await startConsumer(name, { logDir, environment, topic: topics.tracked })),
    acknowledged: () => stream.acknowledged(),
    stopStream: () => stream.stop(),
    longestPauses: (window) => longestPauses(questions, window),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function streamInto(options: {
  readonly topics: TopicNames
  readonly encode: Awaited<ReturnType<typeof eventEncoder>>
  readonly produce: ReturnType<typeof createProducer>['produce']
}) {
  const { topics, encode, produce } = options
  const stopping = new AbortController()
  let acknowledged = 0
  const run = async (): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const records = Array.from({ length: PARTITIONS }, (_, partition) => {
        const name = { event_id: `${partition}.${turn}`, event: 'used', group_id: `a${partition}` }
        const key = Buffer.from(name.group_id)
        return { topic: topics.tracked, partition, key, value: encode(name) }
      })
      const outcomes = await produce(records)
      acknowledged += outcomes.filter(({ status }) => status === 'acknowledged').length
      await delay(EVERY_MS, null, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

async function startConsumer(
  name: string,
  options: {
    readonly logDir: string
    readonly environment: Readonly<Record<string, string>>
    readonly topic: string
  },
): Promise<NamedConsumer> {
  const port = await freePort()
  const logFile = join(options.logDir, `${name}.log`)
  const program = launchProgram({
    name,
    entry: 'services/consumer/src/main.ts',
    environment: {
      ...options.environment,
      KAFKA_GROUP_INSTANCE_ID: name,
      LOG_LEVEL: 'info',
      OPS_PORT: String(port),
    },
    logFile,
  })
  return {
    ...program,
    isReady: () =>
      fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    partitions: () => partitionsIn(readFileSync(logFile, 'utf8'), options.topic),
  }
}

function partitionsIn(log: string, topic: string): readonly number[] {
  const last = log.split('\n').findLast((line) => line.includes('"partitions assigned"')) ?? ''
  const [, list = ''] = /"partitions":\[([^\]]*)\]/.exec(last) ?? []
  return list
    .split(',')
    .map((each) => each.replaceAll('"', '').split('/'))
    .filter(([of]) => of === topic)
    .map(([, partition]) => Number(partition))
}

async function longestPauses(
  questions: Questions,
  { fromMs, toMs }: Window,
): Promise<ReadonlyMap<number, number>> {
  const rows = await questions.ask(
    `SELECT kafka_partition, toUnixTimestamp64Milli(inserted_at) AS at FROM events
     WHERE at <= ${toMs} GROUP BY 1, 2 ORDER BY 1, 2`,
  )
  const timesByPartition = Map.groupBy(rows, ([partition]) => Number(partition))
  return new Map(
    Array.from({ length: PARTITIONS }, (_, partition) => {
      const times = (timesByPartition.get(partition) ?? []).map(([, at]) => Number(at))
      const ends = [...times, toMs]
      const pauses = ends.map((at, index) =>
        at < fromMs ? 0 : at - Math.max(times[index - 1] ?? 0, 0),
      )
      return [partition, Math.max(...pauses)]
    }),
  )
}
