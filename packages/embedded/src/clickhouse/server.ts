import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer, type Server, type ServerPlan } from '../child.ts'
import { freePort } from '../free-port.ts'
import type { Credentials } from './authentication.ts'
import { MAX_RUNNING } from './slots.ts'

export interface ClickHouseOptions {
  readonly folder: string
  readonly logFile: string
  readonly port: number
  /** Who may ask. @default the user `default` without a password, as a fresh server has it */
  readonly credentials?: Credentials | undefined
}

const front = fileURLToPath(new URL('front.ts', import.meta.url))

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
      FRONT_USER: options.credentials?.user ?? 'default',
      FRONT_PASSWORD: options.credentials?.password ?? '',
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
  credentials?: Credentials,
): Promise<Server & AsyncDisposable> {
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
  return Object.assign(server, { [Symbol.asyncDispose]: dispose })
}
