import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  MALLOC_SETTINGS,
  startProgram,
  V8_FLAGS,
  type Program,
} from '@custom-events/embedded'
import {
  createTopics,
  makeErasuresTopic,
  kafkaConfigFrom,
  partitionCounts,
  topicNames,
} from '@custom-events/kafka'
import { readSetupConfig } from '@custom-events/cli'
import type { Target } from './attack.ts'

/** Ingest as operators run it, with keys, as a process of its own. */
export interface IngestUnderAttack extends AsyncDisposable {
  readonly target: Target
  readonly pid: number
  readonly logFile: string
  /** The exit code once it is gone, which no attack may bring about. */
  readonly exitCode: () => number | null
}

export interface IngestPlace {
  /** Where Kafka and the registry are, as ingest's own variables. */
  readonly servers: Readonly<Record<string, string>>
  /** For its log and its key file. */
  readonly folder: string
}

/** @throws when it does not become ready. */
export async function startIngestUnderAttack({
  servers,
  folder,
}: IngestPlace): Promise<IngestUnderAttack> {
  const run = randomBytes(4).toString('hex')
  const key = randomBytes(16).toString('hex')
  const keyFile = join(folder, `${run}.keys.json`)
  writeFileSync(keyFile, keyFileText(key))
  const [port, opsPort] = [await freePort(), await freePort()]
  const environment = {
    ...MALLOC_SETTINGS,
    ...servers,
    KAFKA_TOPIC: `events.tracked.${run}`,
    HTTP_HOST: '127.0.0.1',
    PORT: String(port),
    OPS_PORT: String(opsPort),
    AUTH_MODE: 'keys',
    WRITE_KEYS_FILE: keyFile,
    LOG_LEVEL: 'warn',
  }
  await makeTopics(environment)
  const logFile = join(folder, `${run}.log`)
  const program = await startProgram({
    name: 'ingest',
    nodeFlags: V8_FLAGS,
    entry: 'services/ingest/src/main.ts',
    environment,
    logFile,
    readyUrl: `http://127.0.0.1:${opsPort}/health/ready`,
  })
  return {
    target: { host: '127.0.0.1', port, key },
    pid: program.pid,
    logFile,
    exitCode: createExitCode(program),
    [Symbol.asyncDispose]: () => program.stop(),
  }
}

/** Of other senders: who has no key must not cost more for them. */
const OTHER_KEYS = 5_000

/** The key of the neighbour, and of who has one and means no good, is the last of many. */
function keyFileText(key: string): string {
  const others = Array.from({ length: OTHER_KEYS }, (_, n) => ({
    name: `other-${n}`,
    sha256: sha256(`other-${n}`),
  }))
  return JSON.stringify({ keys: [...others, { name: 'neighbour', sha256: sha256(key) }] })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function makeTopics(environment: Readonly<Record<string, string>>): Promise<void> {
  const { config, log } = readSetupConfig({ ...environment, LOG_LEVEL: 'warn' })
  const topics = topicNames(environment['KAFKA_TOPIC'] ?? '')
  const kafka = kafkaConfigFrom(config)
  await createTopics({
    kafka,
    partitionCountByTopic: partitionCounts(topics, config.KAFKA_PARTITIONS),
    settings: { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 },
    log,
  })
  await makeErasuresTopic({ kafka, tracked: topics.tracked, log })
}

function createExitCode({ exited }: Program): () => number | null {
  let code: number | null = null
  void exited.then((seen) => (code = seen))
  return () => code
}
