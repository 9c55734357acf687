import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROLES } from '@custom-events/clickhouse/access'
import type { Server, ServerName } from './process/child.ts'
import {
  clickhouseEnvironment,
  newCredentials,
  roleEnvironment,
  type ClickHouseEnvironment,
} from './clickhouse/server.ts'
import { newRolePasswords } from './clickhouse/logins/passwords.ts'
import { prepareDataFolder } from './folder.ts'
import { clusterIdOf } from './kafka/kafka.ts'
import { startOne } from './one-server.ts'
import { findTakenPorts, pickFreePorts, type StackPorts } from './process/ports.ts'
import { checkPrerequisites } from './prerequisites.ts'
import { cannotStart, StackError } from './problem.ts'
import { newPasswords, openSecureKafka, type SecureKafka } from './kafka/secure-kafka.ts'
import { makeTlsMaterial } from './kafka/tls-listeners.ts'
import type { StackOptions } from './stack-options.ts'

/** Real Kafka, registry and ClickHouse, running as children of this process. */
export interface Stack extends AsyncDisposable {
  /** The first broker, or the only one. */
  readonly kafka: Server
  /** All brokers, the first included. */
  readonly brokers: readonly Server[]
  readonly registry: Server
  readonly clickhouse: Server
  /** The services' own variables; with three brokers also how topics are to be replicated. */
  readonly environment: {
    readonly KAFKA_BROKERS: string
    readonly SCHEMA_REGISTRY_URL: string
    readonly CLICKHOUSE_URL: string
    readonly CLICKHOUSE_USER: string
    readonly CLICKHOUSE_PASSWORD: string
    readonly KAFKA_REPLICATION_FACTOR?: string
    readonly KAFKA_MIN_INSYNC_REPLICAS?: string
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

/** The first broker comes first. */
function serverNames(brokers: number): readonly ServerName[] {
  const others = Array.from({ length: brokers - 1 }, (_, index) => `kafka-${index + 2}` as const)
  return ['kafka', ...others, 'registry', 'clickhouse']
}

const ATTEMPTS_WITH_FREE_PORTS = 3

/**
 * Starts Kafka, the registry and ClickHouse and resolves when all three answer.
 * @throws StackError with the cause and the remedy, or the signal's reason; no process is left.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  options.signal?.throwIfAborted()
  const { ports, brokers = 1 } = options
  if (ports !== undefined && (ports.otherBrokers?.length ?? 0) !== brokers - 1) {
    throw new RangeError(`${brokers} brokers need ports for ${brokers - 1} other brokers`)
  }
  if (
    ports !== undefined &&
    options.secure === true &&
    portsNamed(ports, 'kafkaSecure').length < brokers
  ) {
    throw new RangeError('a secure listener needs a port: kafkaSecure of every broker')
  }
  const problems = [
    ...(await checkPrerequisites()),
    ...(options.ports === undefined ? [] : await findTakenPorts(options.ports)),
  ]
  if (problems.length > 0) throw cannotStart(problems)
  if (options.ports !== undefined) return startOn(options.ports, options)
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(await pickFreePorts(brokers, options.secure), options)
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
    await remove(options.signal?.aborted ? ['.'] : serverNames(options.brokers ?? 1))
    throw error
  }
}

function portsNamed(
  ports: StackPorts,
  name: 'kafkaSecure' | 'kafkaTls' | 'kafkaMutual',
): readonly number[] {
  const all = [ports, ...(ports.otherBrokers ?? [])]
  return all.flatMap(({ [name]: port }) => (port === undefined ? [] : [port]))
}

type Servers = Pick<
  Stack,
  'kafka' | 'brokers' | 'registry' | 'clickhouse' | 'environment' | 'logins' | 'secure'
>

/** Starts all at once; the first failure ends the others. */
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
  const names = serverNames(options.brokers ?? 1)
  const brokerFolders = names.filter(isBroker).map((name) => join(folder, name))
  const passwords = options.secure === true ? newPasswords() : null
  const hasTls = passwords !== null && ports.kafkaTls !== undefined
  const tls = hasTls ? await makeTlsMaterial(join(folder, 'tls')) : null
  const clusterId = await clusterIdOf(brokerFolders)
  const credentials = options.clickhouseCredentials ?? newCredentials()
  const rolePasswords = newRolePasswords(ROLES)
  const ofClickHouse = { credentials, rolePasswords }
  const context = { ports, folder, options, signal, clusterId, passwords, tls, ...ofClickHouse }
  const start = async (server: ServerName): Promise<Server> => {
    try {
      return await startOne(server, context)
    } catch (error) {
      cause ??= error
      failure.abort()
      throw error
    }
  }
  const outcomes = await Promise.allSettled(names.map(start))
  const servers = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  // At once: the last of several brokers could not say goodbye to the others.
  undo.defer(async () => {
    await Promise.all(servers.map((server) => server.stop()))
  })
  options.signal?.throwIfAborted()
  const brokers = servers.filter(({ name }) => isBroker(name))
  const [kafka, registry, clickhouse] = (['kafka', 'registry', 'clickhouse'] as const).map(
    (wanted) => servers.find(({ name }) => name === wanted),
  )
  if (servers.length < names.length || !kafka || !registry || !clickhouse) throw cause
  return {
    kafka,
    brokers,
    registry,
    clickhouse,
    environment: environmentOf(
      brokers,
      registry,
      clickhouseEnvironment(clickhouse.url, credentials),
    ),
    logins: roleEnvironment(rolePasswords),
    secure:
      passwords === null
        ? null
        : await openSecureKafka({
            port: ports.kafka,
            passwords,
            securePorts: portsNamed(ports, 'kafkaSecure'),
            tls:
              tls === null
                ? null
                : {
                    material: tls,
                    ports: {
                      tls: portsNamed(ports, 'kafkaTls'),
                      mutual: portsNamed(ports, 'kafkaMutual'),
                    },
                  },
          }),
  }
}

function isBroker(name: ServerName): boolean {
  return name.startsWith('kafka')
}

function environmentOf(
  brokers: readonly Server[],
  registry: Server,
  clickhouse: ClickHouseEnvironment,
): Stack['environment'] {
  return {
    KAFKA_BROKERS: brokers.map(({ url }) => url).join(','),
    SCHEMA_REGISTRY_URL: registry.url,
    ...clickhouse,
    ...(brokers.length < 3
      ? {}
      : { KAFKA_REPLICATION_FACTOR: '3', KAFKA_MIN_INSYNC_REPLICAS: '2' }),
  }
}
