import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer, type Server, type ServerName, type ServerPlan } from '../process/child.ts'
import { freePort } from '../process/free-port.ts'
import { ROLES, type Role } from '@custom-events/clickhouse/access'
import { MAX_RUNNING } from './engine/slots.ts'
import type { Credentials } from './logins/login.ts'
import { frontEnvironment, newRolePasswords, type RolePasswords } from './logins/passwords.ts'

export interface ClickHouseOptions {
  /** @default clickhouse */
  readonly name?: ServerName
  readonly folder: string
  readonly logFile: string
  readonly port: number
  /** May do everything. */
  readonly credentials: Credentials
  /** @default no such logins */
  readonly rolePasswords?: RolePasswords
  /** The tables of this database are what the roles may use. @default custom_events */
  readonly database?: string | undefined
  /** @default those of the table */
  readonly roles?: readonly Role[] | undefined
  /** Whether queries may reach files and other servers. @default false */
  readonly allowsSources?: boolean | undefined
  /** Whether parts that were replaced stay for eight minutes, as on a server. @default false */
  readonly keepsReplacedParts?: boolean | undefined
}

/** Who may ask a ClickHouse that was just started, as the services' own environment variables. */
export interface ClickHouseEnvironment {
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_USER: string
  readonly CLICKHOUSE_PASSWORD: string
}

const front = fileURLToPath(new URL('front.ts', import.meta.url))

/** Where the others are, for programs that know of shards; nothing where there is only one. */
export function shardEnvironment(
  urls: readonly string[],
): { readonly CLICKHOUSE_SHARD_URLS: string; readonly CLICKHOUSE_SHARDS: string } | undefined {
  if (urls.length < 2) return undefined
  return { CLICKHOUSE_SHARD_URLS: urls.join(','), CLICKHOUSE_SHARDS: String(urls.length) }
}

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

async function writeRoles(folder: string, roles: readonly Role[]): Promise<string> {
  const path = join(folder, 'roles.json')
  await writeFile(path, JSON.stringify(roles))
  return path
}

/** How the login of each role asks: `CLICKHOUSE_WRITER_USER`, `CLICKHOUSE_WRITER_PASSWORD` and so on. */
export function roleEnvironment(passwords: RolePasswords): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(passwords).flatMap(([name, password]) => [
      [`CLICKHOUSE_${name.toUpperCase()}_USER`, name],
      [`CLICKHOUSE_${name.toUpperCase()}_PASSWORD`, password],
    ]),
  )
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
    name: options.name ?? 'clickhouse',
    url,
    command: [process.execPath, front, String(options.port), options.folder],
    environment: {
      TZ: 'UTC',
      FRONT_USER: options.credentials.user,
      FRONT_PASSWORD: options.credentials.password,
      FRONT_ALLOW_SOURCES: options.allowsSources === true ? '1' : '',
      FRONT_KEEPS_REPLACED_PARTS: options.keepsReplacedParts === true ? '1' : '',
      FRONT_NAMES: '',
      FRONT_DATABASE: options.database ?? '',
      FRONT_ROLES:
        options.roles === undefined ? '' : await writeRoles(options.folder, options.roles),
      ...frontEnvironment(options.rolePasswords ?? {}),
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

/** A ClickHouse by itself. */
export interface OwnClickHouse extends Server, AsyncDisposable {
  readonly environment: ClickHouseEnvironment
  /** @returns how the login of a role asks */
  readonly as: (role: string) => ClickHouseEnvironment
}

/**
 * ClickHouse by itself, for tests that need nothing else: ready in half a second.
 *
 * @param options `database`: that of the roles; `roles`: @default those of the table
 */
export async function startClickHouse({
  credentials = newCredentials(),
  database,
  roles,
}: {
  readonly credentials?: Credentials
  readonly database?: string
  readonly roles?: readonly Role[]
} = {}): Promise<OwnClickHouse> {
  const rolePasswords = newRolePasswords(roles ?? ROLES)
  const folder = await mkdtemp(join(tmpdir(), 'custom-events-clickhouse-'))
  const logFile = join(folder, 'clickhouse.log')
  const server = await startServer(
    await planClickHouse({
      folder: join(folder, 'data'),
      logFile,
      port: await freePort(),
      credentials,
      rolePasswords,
      database,
      roles,
    }),
    {},
  )
  const dispose = async (): Promise<void> => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  // Not spread: `pid` changes with a restart.
  const environment = clickhouseEnvironment(server.url, credentials)
  const as = (role: string): ClickHouseEnvironment =>
    clickhouseEnvironment(server.url, { user: role, password: rolePasswords[role] ?? '' })
  return Object.assign(server, { environment, as, [Symbol.asyncDispose]: dispose })
}
