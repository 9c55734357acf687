// The process that holds the ClickHouse engine: node front.ts PORT FOLDER
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { roleNamed, ROLES, type Role } from '@custom-events/clickhouse/access'
import { openEngine, type Connection } from './engine/engine.ts'
import { writeEngineConfig } from './engine/engine-config.ts'
import { createFront } from './http.ts'
import { createAccounts } from './logins/accounts.ts'
import { createLogins } from './logins/logins.ts'
import { passwordsOfRoles } from './logins/passwords.ts'
import { createSessions } from './engine/sessions.ts'
import { createQueryLog } from './query-log/query-log.ts'
import { createSlots, MAX_RUNNING } from './engine/slots.ts'
import type { Asker } from './sql/asker.ts'
import { sessionPreparation } from './sql/settings.ts'

const STOP_TIMEOUT_MS = 5_000
const LAST_ANSWERS_MS = 300

const [port, folderGiven] = process.argv.slice(2)
if (port === undefined || folderGiven === undefined) throw new Error('usage: front.ts PORT FOLDER')
const folder = resolve(folderGiven)
const spoolFolder = join(folder, 'spool')
const pipes = prepareSpool()
const allowsSources = process.env['FRONT_ALLOW_SOURCES'] === '1'
const roles = rolesOf(process.env['FRONT_ROLES'] ?? '')
const accounts = createAccounts(join(folder, 'accounts.json'), roleNamed('account').limits ?? [])
configureEngine()
process.chdir(folder)
const engine = openEngine('config.xml')
const slots = createSlots(engine, pipes)
const sessions = createSessions(openHeld)
const queryLog = createQueryLog(engine)
const timezone = await askTimezone()
const front = createFront({
  slots,
  sessions,
  queryLog,
  spoolFolder,
  timezone,
  allowsSources,
  names: (process.env['FRONT_NAMES'] ?? '').split(',').filter(Boolean),
  logins: createLogins({
    full: {
      user: process.env['FRONT_USER'] ?? 'default',
      password: process.env['FRONT_PASSWORD'] ?? '',
    },
    roles,
    passwords: passwordsOfRoles(roles, process.env),
    accounts,
    restartEngine,
  }),
})
process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())
// Other than loopback only inside a container, whose port is published on loopback.
front.listen(Number(port), process.env['FRONT_HOST'] ?? '127.0.0.1')

/** An emptied folder with the pipes that results flow through; a kill -9 may have left files. */
function prepareSpool(): readonly string[] {
  rmSync(spoolFolder, { recursive: true, force: true })
  mkdirSync(spoolFolder, { recursive: true, mode: 0o700 })
  const paths = Array.from({ length: MAX_RUNNING }, (_, number) =>
    join(spoolFolder, `pipe-${number}`),
  )
  execFileSync('mkfifo', ['-m', '600', ...paths]) // Node has no call for it
  return paths
}

/** Others than ours are given by tests, which take rights away. @param path of their file; empty: ours */
function rolesOf(path: string): readonly Role[] {
  return path === '' ? ROLES : (JSON.parse(readFileSync(path, 'utf8')) as readonly Role[]) // our own process wrote it
}

/** Before the engine is opened, and each time before it is opened anew. */
function configureEngine(): void {
  writeEngineConfig(folder, {
    dataFolder: join(folder, 'data'),
    allowsSources,
    roles,
    database: process.env['FRONT_DATABASE'] || 'custom_events',
    keepsReplacedParts: process.env['FRONT_KEEPS_REPLACED_PARTS'] === '1',
    accounts: accounts.all().map(({ name }) => name),
  })
}

/** The engine reads its users when its first connection is opened, and ends with its last one. */
function restartEngine(): Promise<void> {
  return slots.alone(async () => {
    sessions.close()
    await queryLog.alone(() => configureEngine())
  })
}

/** A connection that a session holds. */
async function openHeld(asker: Asker): Promise<Connection> {
  const connection = engine.connect()
  try {
    for (const sql of sessionPreparation(asker)) await connection.query(sql)
  } catch (error) {
    connection.close()
    throw error
  }
  return connection
}

async function askTimezone(): Promise<string> {
  const connection = engine.connect()
  const { bytes } = await connection.query('SELECT timezone()')
  connection.close()
  return bytes.toString().trim()
}

/** Cancels what runs, lets its answer out and exits; acknowledged inserts are in the tables. */
async function stop(): Promise<void> {
  const overdue = setTimeout(() => process.exit(1), STOP_TIMEOUT_MS)
  const closed = new Promise((done) => front.close(done))
  front.closeIdleConnections()
  await slots.drain()
  sessions.close()
  await queryLog.close()
  await Promise.race([closed, delay(LAST_ANSWERS_MS)])
  front.closeAllConnections()
  rmSync(spoolFolder, { recursive: true, force: true })
  clearTimeout(overdue)
  process.exit(0)
}
