import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { startServer, type Server, type ServerName, type ServerPlan } from './child.ts'
import { planClickHouse } from './clickhouse/server.ts'
import { prepareDataFolder } from './folder.ts'
import { planKafka, type KafkaListener } from './kafka.ts'
import { fetchKafka, fetchRegistry, isCacheIntact } from './maven.ts'
import { findTakenPorts, pickFreePorts, type AllPorts, type StackPorts } from './ports.ts'
import { checkPrerequisites } from './prerequisites.ts'
import { cannotStart, StackError } from './problem.ts'
import { planRegistry } from './registry.ts'

export interface StackOptions {
  /**
   * Where the servers listen on 127.0.0.1; ports of the services, if given too, are checked with them.
   * @default free ports, picked at start
   */
  readonly ports?: StackPorts & Partial<AllPorts>
  /** Where the servers keep their data. @default a fresh temporary folder, removed by `stop` */
  readonly dataDir?: string
  /** Let Kafka's JVM compile fully: slower to start, faster to run. @default false */
  readonly tuned?: boolean
  /** Kafka's heap, in MiB. @default 384 */
  readonly kafkaHeapMegabytes?: number
  /** Who may ask ClickHouse. @default the user `default` without a password */
  readonly clickhouseCredentials?: { readonly user: string; readonly password: string }
  /** More listeners of Kafka, advertised on the ports of proxies. @default none */
  readonly kafkaListeners?: readonly KafkaListener[]
  /** Lines for a person about what takes long. */
  readonly onProgress?: (line: string) => void
  /** Called when a server dies after it was ready; the others stay. */
  readonly onServerDied?: (server: ServerName, reason: string, logFile: string) => void
  /** Ends the start, or does nothing once the stack runs. */
  readonly signal?: AbortSignal
}

/** Real Kafka, registry and ClickHouse, running as children of this process. */
export interface Stack extends AsyncDisposable {
  readonly kafka: Server
  readonly registry: Server
  readonly clickhouse: Server
  /** The services' own variables. */
  readonly environment: {
    readonly KAFKA_BROKERS: string
    readonly SCHEMA_REGISTRY_URL: string
    readonly CLICKHOUSE_URL: string
  }
  readonly logDir: string
  /** Stops all servers and removes the data unless `dataDir` was given. */
  stop(): Promise<void>
}

const serverFolders = ['kafka', 'registry', 'clickhouse'] as const
const ATTEMPTS_WITH_FREE_PORTS = 3

/**
 * Starts Kafka, the registry and ClickHouse and resolves when all three answer.
 * @throws StackError with the cause and the remedy, or the signal's reason; no process is left.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  options.signal?.throwIfAborted()
  const problems = [
    ...(await checkPrerequisites()),
    ...(options.ports === undefined ? [] : await findTakenPorts(options.ports)),
  ]
  if (problems.length > 0) throw cannotStart(problems)
  if (options.ports !== undefined) return startOn(options.ports, options)
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(await pickFreePorts(), options)
    } catch (error) {
      if (attempt === ATTEMPTS_WITH_FREE_PORTS || !isPortRace(error)) throw error
    }
  }
}

function isPortRace(error: unknown): boolean {
  return error instanceof StackError && error.fix.startsWith('A port is taken')
}

async function startOn(ports: StackPorts, options: StackOptions): Promise<Stack> {
  const folder = await prepareDataFolder(options.dataDir)
  const isTemporary = options.dataDir === undefined
  const remove = async (names: readonly string[]): Promise<void> => {
    if (!isTemporary) return
    await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })))
  }
  try {
    await using undo = new AsyncDisposableStack()
    const servers = await startServers(ports, folder, options, undo)
    const owned = undo.move()
    const stop = async (): Promise<void> => {
      await owned.disposeAsync()
      await remove(['.'])
    }
    return { ...servers, logDir: join(folder, 'logs'), stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    // The logs stay: the message names one of them. An abort has no message.
    await remove(options.signal?.aborted ? ['.'] : serverFolders)
    throw error
  }
}

type Servers = Pick<Stack, 'kafka' | 'registry' | 'clickhouse' | 'environment'>

/** Starts the three at once; the first failure ends the others. */
async function startServers(
  ports: StackPorts,
  folder: string,
  options: StackOptions,
  undo: AsyncDisposableStack,
): Promise<Servers> {
  const failure = new AbortController()
  const signals = [failure.signal, ...(options.signal === undefined ? [] : [options.signal])]
  const signal = AbortSignal.any(signals)
  let cause: unknown
  const start = async (server: ServerName): Promise<Server> => {
    try {
      return await startOne(server, { ports, folder, options, signal })
    } catch (error) {
      cause ??= error
      failure.abort()
      throw error
    }
  }
  const outcomes = await Promise.allSettled(serverFolders.map(start))
  const servers = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  for (const server of servers) undo.defer(() => server.stop())
  options.signal?.throwIfAborted()
  const [kafka, registry, clickhouse] = servers
  if (kafka === undefined || registry === undefined || clickhouse === undefined) throw cause
  const environment = {
    KAFKA_BROKERS: kafka.url,
    SCHEMA_REGISTRY_URL: registry.url,
    CLICKHOUSE_URL: clickhouse.url,
  }
  return { kafka, registry, clickhouse, environment }
}

interface OneServer {
  readonly ports: StackPorts
  readonly folder: string
  readonly options: StackOptions
  readonly signal: AbortSignal
}

/** A server that does not start from a damaged cache is fetched again, once. */
async function startOne(server: ServerName, context: OneServer): Promise<Server> {
  const { signal, options } = context
  const start = async (isThorough: boolean): Promise<Server> => {
    const plan = await planOne(server, context, isThorough)
    return startServer(plan, { signal, onDied: options.onServerDied })
  }
  try {
    return await start(false)
  } catch (error) {
    if (signal.aborted || server === 'clickhouse') throw error
    if (await isCacheIntact(server)) throw error
    options.onProgress?.(`the cached files of ${server} are damaged: fetching them again`)
    return await start(true)
  }
}

async function planOne(
  server: ServerName,
  { ports, folder: data, options, signal }: OneServer,
  isThorough: boolean,
): Promise<ServerPlan> {
  const folder = join(data, server)
  const logFile = join(data, 'logs', `${server}.log`)
  const onProgress = options.onProgress ?? (() => {})
  const download = { cache: cacheFolder(), onProgress, signal, isThorough }
  switch (server) {
    case 'kafka':
      return planKafka({
        folder,
        logFile,
        signal,
        port: ports.kafka,
        controllerPort: ports.kafkaController,
        libs: await fetchKafka(download),
        isTuned: options.tuned ?? false,
        heapMegabytes: options.kafkaHeapMegabytes ?? 384,
        listeners: options.kafkaListeners ?? [],
      })
    case 'registry':
      return planRegistry({
        app: await fetchRegistry(download),
        folder,
        logFile,
        port: ports.registry,
      })
    case 'clickhouse':
      return planClickHouse({
        folder,
        logFile,
        port: ports.clickhouse,
        credentials: options.clickhouseCredentials,
      })
    default:
      return server satisfies never
  }
}
