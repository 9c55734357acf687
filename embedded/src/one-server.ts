import { join } from 'node:path'
import { cacheFolder } from './download/cache.ts'
import { classArchive } from './process/class-archive.ts'
import { startServer, type Server, type ServerName, type ServerPlan } from './process/child.ts'
import type { Credentials } from './clickhouse/logins/login.ts'
import type { RolePasswords } from './clickhouse/logins/passwords.ts'
import { planClickHouse } from './clickhouse/server.ts'
import { planKafka } from './kafka/kafka.ts'
import { fetchKafka, fetchRegistry, isCacheIntact } from './download/maven.ts'
import type { StackPorts } from './process/ports.ts'
import { planRegistry } from './registry.ts'
import type { PlainPasswords } from './kafka/secure-kafka.ts'
import type { TlsMaterial } from './kafka/tls-listeners.ts'
import type { StackOptions } from './stack-options.ts'

/** What starting any of the servers takes. */
export interface OneServer {
  readonly ports: StackPorts
  readonly folder: string
  readonly options: StackOptions
  readonly signal: AbortSignal
  readonly clusterId: string
  /** Of Kafka's users; null without listeners that ask for one. */
  readonly passwords: PlainPasswords | null
  /** Of Kafka's listeners with TLS; null without any. */
  readonly tls: TlsMaterial | null
  /** Of ClickHouse. */
  readonly credentials: Credentials
  /** Of ClickHouse's other logins. */
  readonly rolePasswords: RolePasswords
}

/** A server that does not start from a damaged cache is fetched again, once. */
export async function startOne(server: ServerName, context: OneServer): Promise<Server> {
  const { signal, options } = context
  const start = async (isThorough: boolean): Promise<Server> => {
    const plan = await planOne(server, context, isThorough)
    return startServer(plan, { signal, onDied: options.onServerDied })
  }
  try {
    return await start(false)
  } catch (error) {
    if (signal.aborted || isShard(server)) throw error
    if (await isCacheIntact(server === 'registry' ? server : 'kafka')) throw error
    options.onProgress?.(`the cached files of ${server} are damaged: fetching them again`)
    return await start(true)
  }
}

async function planOne(
  server: ServerName,
  {
    ports,
    folder: data,
    options,
    signal,
    clusterId,
    passwords,
    tls,
    credentials,
    rolePasswords,
  }: OneServer,
  isThorough: boolean,
): Promise<ServerPlan> {
  const folder = join(data, server)
  const logFile = join(data, 'logs', `${server}.log`)
  const onProgress = options.onProgress ?? (() => {})
  const cache = cacheFolder()
  const download = { cache, onProgress, signal, isThorough }
  if (isShard(server)) {
    return planClickHouse({
      name: server,
      folder,
      logFile,
      port: clickhousePort(ports, numberOf(server)),
      credentials,
      rolePasswords,
      database: options.clickhouseDatabase,
      allowsSources: options.allowsClickHouseSources,
      keepsReplacedParts: options.keepsReplacedParts ?? options.dataDir !== undefined,
    })
  }
  switch (server) {
    case 'registry':
      return planRegistry({
        app: await fetchRegistry(download),
        folder,
        logFile,
        port: ports.registry,
        classes: await classArchive(cache, 'registry'),
      })
    case 'kafka':
    default: // kafka-2, kafka-3
      return planKafka({
        name: server,
        folder,
        logFile,
        signal,
        clusterId,
        nodeId: numberOf(server),
        cluster: [ports, ...(ports.otherBrokers ?? [])],
        libs: await fetchKafka(download),
        classes: await classArchive(cache, 'kafka'),
        isTuned: options.tuned ?? false,
        heapMegabytes: options.kafkaHeapMegabytes ?? 384,
        listeners: options.kafkaListeners ?? [],
        passwords,
        tls,
      })
  }
}

/** Whether it is a ClickHouse. */
export function isShard(name: ServerName): name is 'clickhouse' | `clickhouse-${number}` {
  return name.startsWith('clickhouse')
}

/** `kafka` is 1, `kafka-2` is 2. */
function numberOf(server: ServerName): number {
  return Number(server.split('-')[1] ?? 1)
}

function clickhousePort(ports: StackPorts, shard: number): number {
  const port = shard === 1 ? ports.clickhouse : ports.otherShards?.[shard - 2]?.clickhouse
  if (port === undefined) throw new RangeError(`there is no port of shard ${shard}`)
  return port
}
