import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Server, ServerName } from './process/child.ts'
import { clickhouseEnvironment, roleEnvironment, shardEnvironment } from './clickhouse/server.ts'
import { prepareDataFolder } from './folder.ts'
import { findTakenPorts, pickFreePorts, type StackPorts } from './process/ports.ts'
import { checkPortsOf } from './ports-of-stack.ts'
import { isShard } from './one-server.ts'
import { checkPrerequisites } from './prerequisites.ts'
import { cannotStart, StackError } from './problem.ts'
import type { SecureKafka } from './kafka/secure-kafka.ts'
import type { StackOptions } from './stack-options.ts'
import { isBroker, startServers, type Started } from './start-servers.ts'

/** Real Kafka, registry and ClickHouse, running as children of this process. */
export interface Stack extends AsyncDisposable {
  /** The first broker, or the only one. */
  readonly kafka: Server
  /** All brokers, the first included. */
  readonly brokers: readonly Server[]
  readonly registry: Server
  /** The only one, or the first shard. */
  readonly clickhouse: Server
  /** All ClickHouses in their order; all have the same users, passwords and database. */
  readonly shards: readonly Server[]
  /** The services' own variables; with three brokers also how topics are to be replicated, with shards where they are. */
  readonly environment: {
    readonly KAFKA_BROKERS: string
    readonly SCHEMA_REGISTRY_URL: string
    readonly CLICKHOUSE_URL: string
    readonly CLICKHOUSE_USER: string
    readonly CLICKHOUSE_PASSWORD: string
    readonly KAFKA_REPLICATION_FACTOR?: string
    readonly KAFKA_MIN_INSYNC_REPLICAS?: string
    readonly CLICKHOUSE_SHARD_URLS?: string
    readonly CLICKHOUSE_SHARDS?: string
  }
  /**
   * How the login of each role of ClickHouse asks, `CLICKHOUSE_WRITER_USER`, `CLICKHOUSE_WRITER_PASSWORD` and so on:
   * each may do what docs/reference/rights.md says, and the user of `environment` everything.
   */
  readonly logins: Readonly<Record<string, string>>
  /** Where Kafka asks who somebody is; null unless `secure` was asked for. */
  readonly secure: SecureKafka | null
  readonly logDir: string
  /** Stops all servers and removes the data unless `dataDir` was given. */
  stop(): Promise<void>
}

/** Kafka by itself. */
export interface KafkaAlone extends AsyncDisposable {
  /** All brokers. */
  readonly brokers: readonly Server[]
  /** The first of them. */
  readonly kafka: Server
  readonly environment: Pick<Stack['environment'], 'KAFKA_BROKERS'>
  /** Where Kafka asks who somebody is; null unless `secure` was asked for. */
  readonly secure: SecureKafka | null
  readonly logDir: string
}

/** The first comes first: `kafka`, `kafka-2`, … */
function namesOf(server: 'kafka' | 'clickhouse', count: number): readonly ServerName[] {
  const others = Array.from({ length: count - 1 }, (_, index) => `${server}-${index + 2}` as const)
  return [server, ...others]
}

const ATTEMPTS_WITH_FREE_PORTS = 3

/**
 * Starts Kafka, the registry and ClickHouse and resolves when all three answer.
 * @throws StackError with the cause and the remedy, or the signal's reason; no process is left.
 */
export function startStack(options: StackOptions = {}): Promise<Stack> {
  const { brokers = 1, shards = 1 } = options
  const names = [...namesOf('kafka', brokers), 'registry', ...namesOf('clickhouse', shards)] as const // prettier-ignore
  return start(options, names, stackOf)
}

/**
 * Starts Kafka and nothing else: a registry takes more processor time to start than Kafka does.
 * @throws like `startStack`
 */
export function startKafka(options: StackOptions = {}): Promise<KafkaAlone> {
  return start(options, namesOf('kafka', options.brokers ?? 1), ({ servers, secure }) => ({
    brokers: servers,
    kafka: serverNamed(servers, 'kafka'),
    environment: { KAFKA_BROKERS: addressesOf(servers) },
    secure,
  }))
}

/** What every stack has. */
type Owned = Pick<Stack, 'logDir' | 'stop'> & AsyncDisposable
/** How a stack is told of. */
type ShapeOf<S> = (started: Started) => S

async function start<S extends object>(
  options: StackOptions,
  names: readonly ServerName[],
  shapeOf: ShapeOf<S>,
): Promise<S & Owned> {
  options.signal?.throwIfAborted()
  checkPortsOf(options)
  const problems = [
    ...(await checkPrerequisites()),
    ...(options.ports === undefined ? [] : await findTakenPorts(options.ports)),
  ]
  if (problems.length > 0) throw cannotStart(problems)
  if (options.ports !== undefined) return startOn(options.ports, { options, names, shapeOf })
  for (let attempt = 1; ; attempt++) {
    try {
      const free = await pickFreePorts({ ...options, isSecure: options.secure === true })
      return await startOn(free, { options, names, shapeOf })
    } catch (error) {
      if (attempt === ATTEMPTS_WITH_FREE_PORTS || !isPortRace(error)) throw error
    }
  }
}

function isPortRace(error: unknown): boolean {
  return error instanceof StackError && error.fix.startsWith('A port is taken')
}

async function startOn<S extends object>(
  ports: StackPorts,
  asked: {
    readonly options: StackOptions
    readonly names: readonly ServerName[]
    readonly shapeOf: ShapeOf<S>
  },
): Promise<S & Owned> {
  const { options, names, shapeOf } = asked
  const folder = await prepareDataFolder(options.dataDir)
  const isTemporary = options.dataDir === undefined
  const remove = async (parts: readonly string[]): Promise<void> => {
    if (!isTemporary) return
    await Promise.all(parts.map((name) => rm(join(folder, name), { recursive: true, force: true })))
  }
  try {
    await using undo = new AsyncDisposableStack()
    const started = await startServers(names, { ports, folder, options, undo })
    const owned = undo.move()
    const stop = async (): Promise<void> => {
      await owned.disposeAsync()
      await remove(['.'])
    }
    const logDir = join(folder, 'logs')
    return { ...shapeOf(started), logDir, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    // The logs stay: the message names one of them. An abort has no message.
    await remove(options.signal?.aborted ? ['.'] : names)
    throw error
  }
}

function stackOf({
  servers,
  credentials,
  rolePasswords,
  secure,
}: Started): Omit<Stack, keyof Owned> {
  const brokers = servers.filter(({ name }) => isBroker(name))
  const registry = serverNamed(servers, 'registry')
  const clickhouse = serverNamed(servers, 'clickhouse')
  const shards = servers.filter(({ name }) => isShard(name))
  return {
    kafka: serverNamed(servers, 'kafka'),
    brokers,
    registry,
    clickhouse,
    shards,
    environment: {
      KAFKA_BROKERS: addressesOf(brokers),
      SCHEMA_REGISTRY_URL: registry.url,
      ...clickhouseEnvironment(clickhouse.url, credentials),
      ...shardEnvironment(shards.map(({ url }) => url)),
      ...(brokers.length < 3
        ? {}
        : { KAFKA_REPLICATION_FACTOR: '3', KAFKA_MIN_INSYNC_REPLICAS: '2' }),
    },
    logins: roleEnvironment(rolePasswords),
    secure,
  }
}

function serverNamed(servers: readonly Server[], wanted: ServerName): Server {
  const server = servers.find(({ name }) => name === wanted)
  if (server === undefined) throw new RangeError(`${wanted} is not one of the servers`)
  return server
}

function addressesOf(brokers: readonly Server[]): string {
  return brokers.map(({ url }) => url).join(',')
}
