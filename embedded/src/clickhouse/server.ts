import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer, type Server, type ServerPlan } from '../process/child.ts'
import { freePort } from '../process/free-port.ts'
import type { Credentials } from './authentication.ts'
import { MAX_RUNNING } from './engine/slots.ts'

export interface ClickHouseOptions {
  readonly folder: string
  readonly logFile: string
  readonly port: number
  readonly credentials: Credentials
  /** Whether queries may reach files and other servers. @default false */
  readonly allowsSources?: boolean | undefined
}

/** Who may ask a ClickHouse that was just started, as the services' own environment variables. */
export interface ClickHouseEnvironment {
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_USER: string
  readonly CLICKHOUSE_PASSWORD: string
}

const front = fileURLToPath(new URL('front.ts', import.meta.url))

/** The user `default`, with a password that nobody can guess. */
export function newCredentials(): Credentials {
  return { user: 'default', password: randomBytes(18).toString('base64url') }
}

/** How to ask a server with these credentials. */
export function clickhouseEnvironment(
  url: string,
  credentials: Credentials,
): ClickHouseEnvironment {
  return {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: credentials.user,
    CLICKHOUSE_PASSWORD: credentials.password,
  }
}

/** The headers of a request that may ask. */
export function clickhouseHeaders(
  environment: Omit<ClickHouseEnvironment, 'CLICKHOUSE_URL'>,
): Readonly<Record<string, string>> {
  return {
    'X-ClickHouse-User': environment.CLICKHOUSE_USER,
    'X-ClickHouse-Key': environment.CLICKHOUSE_PASSWORD,
  }
}

/** The ClickHouse engine behind its HTTP front, in a process of its own. */
export async function planClickHouse(options: ClickHouseOptions): Promise<ServerPlan> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const url = `http://127.0.0.1:${options.port}`
  return {
    name: 'clickhouse',
    url,
    command: [process.execPath, front, String(options.port), options.folder],
    environment: {
      TZ: 'UTC',
      FRONT_USER: options.credentials.user,
      FRONT_PASSWORD: options.credentials.password,
      FRONT_ALLOW_SOURCES: options.allowsSources === true ? '1' : '',
      FRONT_NAMES: '',
      // Every query holds a thread of libuv while it runs; files need some, too.
      UV_THREADPOOL_SIZE: String(MAX_RUNNING + 16),
    },
    cwd: options.folder,
    logFile: options.logFile,
    isReady: async () => {
      const response = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(2_000) })
      return (await response.text()) === 'Ok.\n'
    },
  }
}

/** ClickHouse by itself, for tests that need nothing else: ready in half a second. */
export async function startClickHouse(
  credentials: Credentials = newCredentials(),
): Promise<Server & AsyncDisposable & { readonly environment: ClickHouseEnvironment }> {
  const folder = await mkdtemp(join(tmpdir(), 'custom-events-clickhouse-'))
  const logFile = join(folder, 'clickhouse.log')
  const server = await startServer(
    await planClickHouse({
      folder: join(folder, 'data'),
      logFile,
      port: await freePort(),
      credentials,
    }),
    {},
  )
  const dispose = async (): Promise<void> => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  // Not spread: `pid` changes with a restart.
  const environment = clickhouseEnvironment(server.url, credentials)
  return Object.assign(server, { environment, [Symbol.asyncDispose]: dispose })
}
