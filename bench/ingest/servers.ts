import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readSetupConfig, setUp } from '@custom-events/cli'
import {
  freePort,
  MALLOC_SETTINGS,
  startProgram,
  startStack,
  V8_FLAGS,
} from '@custom-events/embedded'
import { kafkaConfigFrom, readGroupOffsets } from '@custom-events/kafka'
import { MEASURED_CORE, OTHER_CORE, pin } from '../pin.ts'

/** A server that takes events, alone on the measured core while it is measured. */
export interface MeasuredServer {
  readonly url: string
  /** Where it says whether it is ready; of ours also its metrics. */
  readonly opsUrl: string
  readonly pid: number
  /** Where its records go; `null`: nowhere. */
  readonly topic: string | null
  stop(): Promise<void>
}

type Environment = Readonly<Record<string, string>>

/** Everything may use all cores, or the measured server has one and all else another. */
export type Cores = 'shared' | 'pinned'

/** Real servers on the other core, and programs to measure beside each other on the measured one. */
export interface Workbench extends AsyncDisposable {
  readonly kafkaPid: number
  readonly cores: Cores
  /** What could not be pinned. */
  readonly warnings: readonly string[]
  /** A program of bench/peers; the KAFKA_TOPIC in its environment, if any, is made first. */
  startPeer(file: string, readyPath: string, environment?: Environment): Promise<MeasuredServer>
  /**
   * Our ingest as operators run it, but without tracking plans unless they are asked for.
   * @param environment needs a KAFKA_TOPIC of its own
   * @param repository a copy of this one, whose ingest it is. @default this one
   */
  startIngest(
    environment: Environment & { readonly KAFKA_TOPIC: string },
    repository?: string,
  ): Promise<MeasuredServer>
  /** How many records a topic has taken, once no more come. */
  storedIn(topic: string): Promise<number>
}

export async function openWorkbench(
  say: (line: string) => void,
  cores: Cores = 'pinned',
): Promise<Workbench> {
  await using opening = new AsyncDisposableStack()
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-bench-'))
  opening.defer(() => rmSync(logDir, { recursive: true }))
  const noPlansDir = join(logDir, 'no-plans')
  mkdirSync(noPlansDir)
  const stack = opening.use(
    await startStack({ tuned: true, kafkaHeapMegabytes: 1_024, onProgress: say }),
  )
  const warnings: string[] = []
  const keepOn = (core: number, pid: number): void => {
    const warning = cores === 'shared' ? null : pin(pid, core)
    if (warning !== null) warnings.push(warning)
  }
  for (const { pid } of [stack.kafka, stack.registry, stack.clickhouse]) keepOn(OTHER_CORE, pid)
  const resources = opening.move()

  const start = async (
    program: { readonly entry: string; readonly repository?: string },
    environment: Environment,
    readyUrl: string,
    nodeFlags: readonly string[] = [],
  ): Promise<MeasuredServer> => {
    const started = await startProgram({
      ...program,
      nodeFlags,
      name: program.entry,
      environment,
      logFile: join(logDir, `${environment['PORT']}.log`),
      readyUrl,
    })
    resources.use(started)
    keepOn(MEASURED_CORE, started.pid)
    return {
      url: `http://127.0.0.1:${environment['PORT']}`,
      opsUrl: new URL(readyUrl).origin,
      pid: started.pid,
      topic: environment['KAFKA_TOPIC'] ?? null,
      stop: () => started.stop(),
    }
  }
  const withTopic = async (given: Environment): Promise<Environment> => {
    const environment = { ...stack.environment, ...given }
    const { config, log } = readSetupConfig(environment)
    if (given['KAFKA_TOPIC'] !== undefined) await setUp(config, log, () => {})
    return environment
  }

  return {
    kafkaPid: stack.kafka.pid,
    cores,
    warnings,
    startPeer: async (file, readyPath, given = {}) => {
      const port = String(await freePort())
      const environment = { ...(await withTopic(given)), PORT: port }
      const readyUrl = `http://127.0.0.1:${port}${readyPath}`
      return start({ entry: `bench/peers/${file}` }, environment, readyUrl)
    },
    startIngest: async (given, repository) => {
      const [port, opsPort] = [String(await freePort()), String(await freePort())]
      const environment = {
        ...MALLOC_SETTINGS,
        TRACKING_PLANS_DIR: noPlansDir,
        ...(await withTopic(given)),
        HTTP_HOST: '127.0.0.1',
        PORT: port,
        OPS_PORT: opsPort,
        AUTH_MODE: 'off',
        LOG_LEVEL: 'warn',
      }
      const readyUrl = `http://127.0.0.1:${opsPort}/health/ready`
      const copy = repository === undefined ? {} : { repository }
      const program = { entry: 'services/ingest/src/main.ts', ...copy }
      return start(program, environment, readyUrl, V8_FLAGS)
    },
    storedIn: (topic) => whenStill(() => stored(stack.environment, topic)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function stored(environment: Environment, topic: string): Promise<number> {
  const { config, log } = readSetupConfig(environment)
  const kafka = kafkaConfigFrom(config)
  const offsets = await readGroupOffsets({ kafka, consumerGroup: 'bench', topics: [topic], log })
  return offsets.reduce((sum, { latest }) => sum + latest, 0)
}

const STILL_MS = 200
const STILL_LIMIT_MS = 20_000

/** Requests whose client has gone are still finished by the server: waits until nothing changes. */
async function whenStill(read: () => Promise<number>): Promise<number> {
  const deadline = Date.now() + STILL_LIMIT_MS
  for (let before = await read(); ;) {
    await delay(STILL_MS)
    const now = await read()
    if (now === before) return now
    if (Date.now() > deadline)
      throw new Error(`records still come ${STILL_LIMIT_MS} ms after the load`)
    before = now
  }
}
