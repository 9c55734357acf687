import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  createConsumer,
  createMemoryBudget,
  createTopics,
  makeErasuresTopic,
  partitionCounts,
  topicNames,
  type FetchedRecord,
  type KafkaConfig,
  type TopicNames,
} from '@custom-events/kafka'
import { freePort } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { fromOurs } from '../support/from-ours.ts'

const log = createLogger({ service: 'test', level: 'error' })

export function kafkaAt(brokers: string): KafkaConfig {
  return { brokers: brokers.split(','), clientId: 'test', isTlsEnabled: false, sasl: null }
}

/** Topics of a test's own. */
export async function makeTopics(brokers: string, partitions = 12): Promise<TopicNames> {
  const topics = topicNames(`events.tracked.${randomUUID().slice(0, 8)}`)
  await createTopics({
    kafka: kafkaAt(brokers),
    partitionCountByTopic: partitionCounts(topics, partitions),
    settings: { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 },
    log,
  })
  await makeErasuresTopic({ kafka: kafkaAt(brokers), tracked: topics.tracked, log })
  return topics
}

/** Every record of a topic, read until `count` are there; by partition. */
export async function readRecords(
  brokers: string,
  topic: string,
  count: number,
): Promise<readonly FetchedRecord[]> {
  await using consumer = createConsumer({
    kafka: kafkaAt(brokers),
    consumerGroup: `test.${randomUUID()}`,
    topics: [topic],
    budget: createMemoryBudget(256 * 1_024 ** 2),
    onOutOfRange: 'earliest',
    log,
  })
  const records: FetchedRecord[] = []
  const signal = AbortSignal.timeout(20_000)
  while (records.length < count && !signal.aborted) {
    const event = await consumer.fetch({ maxWaitMs: 500, signal })
    if (event.kind === 'records') records.push(...event.records)
    if (event.kind === 'revoked') event.release()
  }
  return records
}

/** Ingest as its own process, on ports of its own. */
export interface IngestProcess extends AsyncDisposable {
  readonly url: string
  readonly opsUrl: string
  readonly pid: number
  readonly exited: Promise<number | null>
  /** Everything it wrote. */
  readonly output: () => string
  kill(signal: NodeJS.Signals): void
  whenReady(): Promise<void>
}

const ENTRY = 'services/ingest/src/main.ts'
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))

export async function startIngest(
  environment: Readonly<Record<string, string>>,
  nodeFlags: readonly string[] = [],
): Promise<IngestProcess> {
  const [port, opsPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [...nodeFlags, ENTRY], {
    cwd: REPOSITORY,
    env: {
      ...fromOurs(),
      HTTP_HOST: '127.0.0.1',
      PORT: String(port),
      OPS_PORT: String(opsPort),
      AUTH_MODE: 'off',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const exited = once(child, 'exit').then(() => child.exitCode)
  const opsUrl = `http://127.0.0.1:${opsPort}`
  return {
    url: `http://127.0.0.1:${port}`,
    opsUrl,
    pid: child.pid ?? 0,
    exited,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    whenReady: () =>
      eventually(async () => {
        const response = await fetch(`${opsUrl}/health/ready`)
        if (!response.ok) throw new Error(`not ready: ${await response.text()}\n${output}`)
      }),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}

export interface Posted {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- the shape is what each test asserts
  readonly body: any
  readonly ms: number
}

export async function post(url: string, body: string): Promise<Posted> {
  const started = performance.now()
  const response = await fetch(`${url}/track?receipt=1`, { method: 'POST', body })
  const answer: unknown = await response.json()
  const ms = performance.now() - started
  return { status: response.status, headers: response.headers, body: answer, ms }
}
