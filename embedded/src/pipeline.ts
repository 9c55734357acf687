import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { freePort } from './process/free-port.ts'
import { MALLOC_SETTINGS, V8_FLAGS } from './ingest-memory.ts'
import { startProgram, type Program } from './process/program.ts'

/** Where the servers are, as the services' own environment variables. */
export interface ServerEnvironment {
  readonly KAFKA_BROKERS: string
  readonly SCHEMA_REGISTRY_URL: string
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_USER: string
  readonly CLICKHOUSE_PASSWORD: string
  /** All of them where events are spread over several. @default there is one, at CLICKHOUSE_URL */
  readonly CLICKHOUSE_SHARD_URLS?: string
  /** So many of them. */
  readonly CLICKHOUSE_SHARDS?: string
}

export interface PipelineOptions {
  readonly servers: ServerEnvironment
  /** More variables for setup and both services: another topic, database, batch size. */
  readonly environment?: Readonly<Record<string, string>>
  /** The logins of ClickHouse's roles, as `Stack.logins`: setup and the consumers ask as theirs. @default that of `servers` */
  readonly logins?: Readonly<Record<string, string>>
  readonly logDir: string
  /** @default free ports */
  readonly ports?: {
    readonly ingest: number
    readonly ingestOps: number
    readonly consumerOps: number
    /** Of the first consumer of the second shard, the third … */
    readonly otherShards?: readonly { readonly consumerOps?: number }[]
  }
  /** How many consumers to start with, of each shard. @default 1 */
  readonly consumers?: number
  readonly signal?: AbortSignal
}

/** Ingest and consumers as real processes over real servers, after `setup` has run. */
export interface Pipeline extends AsyncDisposable {
  /** Where ingest listens. */
  readonly url: string
  readonly ingest: Program
  readonly consumers: readonly Program[]
  readonly environment: Readonly<Record<string, string>>
  /** @param shard from 1. @default the only one */
  startConsumer(shard?: number): Promise<Program>
}

/**
 * Sets the servers up and starts ingest (without keys, on loopback) and the consumers.
 * @throws when setup fails or a service does not become ready; nothing is left running then.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const environment = { ...options.servers, ...options.environment }
  const asSetup = clickhouseAs('SETUP', options.logins)
  const { config, log } = readSetupConfig({ ...environment, ...asSetup, LOG_LEVEL: 'warn' })
  await setUp(config, log, () => {})
  options.signal?.throwIfAborted()
  mkdirSync(options.logDir, { recursive: true })

  await using starting = new AsyncDisposableStack()
  let programs = starting // what fails now takes what was started with it; later the pipeline owns what is started
  const consumers: Program[] = []
  const start = async (
    service: 'ingest' | 'consumer',
    name: string,
    opsPort: number | undefined,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<Program> => {
    const port = opsPort ?? (await freePort())
    const program = await startProgram({
      name,
      ...(service === 'ingest' ? { nodeFlags: V8_FLAGS } : {}),
      entry: `services/${service}/src/main.ts`,
      environment: { ...environment, ...extra, OPS_PORT: String(port) },
      logFile: join(options.logDir, `${name}.log`),
      readyUrl: `http://127.0.0.1:${port}/health/ready`,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    return programs.use(program)
  }
  const shards = Number(options.servers.CLICKHOUSE_SHARDS ?? 1)
  let begun = 0
  const startConsumer = async (shard: number, opsPort?: number): Promise<Program> => {
    const name = `consumer-${++begun}`
    const consumer = await start('consumer', name, opsPort, {
      ...clickhouseAs('WRITER', options.logins),
      ...(shards === 1 ? {} : { CLICKHOUSE_SHARD: String(shard) }),
    })
    consumers.push(consumer)
    return consumer
  }

  const port = options.ports?.ingest ?? (await freePort())
  const opsPorts = [options.ports, ...(options.ports?.otherShards ?? [])]
  const numbers = Array.from({ length: shards }, (_, index) => index + 1)
  const [ingest] = await allOrNone([
    start('ingest', 'ingest', options.ports?.ingestOps, {
      ...MALLOC_SETTINGS,
      HTTP_HOST: '127.0.0.1',
      PORT: String(port),
      AUTH_MODE: 'off',
    }),
    ...numbers.map((shard) => startConsumer(shard, opsPorts[shard - 1]?.consumerOps)),
  ])
  for (let count = 1; count < (options.consumers ?? 1); count++) {
    for (const shard of numbers) await startConsumer(shard)
  }
  const owned = starting.move()
  programs = owned
  return {
    url: `http://127.0.0.1:${port}`,
    ingest,
    consumers,
    environment,
    startConsumer: (shard = 1) => startConsumer(shard),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The variables of a service that asks as the login of a role; none where there is no such login. */
function clickhouseAs(
  role: string,
  logins: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const user = logins[`CLICKHOUSE_${role}_USER`]
  const password = logins[`CLICKHOUSE_${role}_PASSWORD`]
  if (user === undefined || password === undefined) return {}
  return { CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password }
}

/** Like Promise.all, but waits for every start to end, so that none is left running unseen. */
async function allOrNone<T extends readonly Promise<unknown>[]>(
  starting: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(starting)
  return Promise.all(starting)
}
