import { createHash } from 'node:crypto'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../../embedded/src/download/cache.ts'
import { fetchJars } from '../../../embedded/src/download/maven.ts'

const INSTALL_TIMEOUT_MS = 270_000
const RUN_TIMEOUT_MS = 150_000
const PACKAGES_FILE = join(import.meta.dirname, 'python-packages.txt')

/** Why the tools of Python cannot be tried here; `null` when they can. */
export const NO_PYTHON = whyMissing(
  ['python3', '-c', 'import sys, pip; sys.exit(sys.version_info < (3, 11))'],
  'Python 3.11 or later with pip',
)
/** Why the JDBC driver cannot be tried here. */
export const NO_JAVA = whyMissing(['javac', '--version'], 'a Java development kit')

function whyMissing(command: readonly string[], what: string): string | null {
  const [program = '', ...rest] = command
  const { status } = spawnSync(program, rest, { stdio: 'ignore', timeout: 20_000 })
  return status === 0
    ? null
    : `SKIPPED: it needs ${what}; \`${command.join(' ')}\` does not work here`
}

let packages: Promise<string> | undefined
/** The folder with the tools of Python, exactly those of the list: with what they need, 630 MB. */
export function pythonPackages(): Promise<string> {
  return (packages ??= installPackages())
}

/** Complete or not there: 15,000 files are not looked at each time. */
async function installPackages(): Promise<string> {
  const list = createHash('sha256').update(readFileSync(PACKAGES_FILE)).digest('hex')
  const entry = join(cacheFolder(), `analysts-python-${list.slice(0, 16)}`)
  if (existsSync(entry)) return entry
  const folder = `${entry}-${process.pid}`
  try {
    const options = ['--quiet', '--no-deps', '--no-compile', '--target', folder]
    const install = ['-m', 'pip', 'install', ...options, '--requirement', PACKAGES_FILE]
    await promisify(execFile)('python3', install, { timeout: INSTALL_TIMEOUT_MS })
    await rename(folder, entry).catch((error: unknown) => {
      if (!existsSync(entry)) throw error // else somebody was faster, and theirs is as good
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return entry
}

export function jdbcJars(): Promise<string> {
  const artifact = 'com.clickhouse:clickhouse-jdbc:0.9.4'
  const jars = { entry: 'clickhouse-jdbc-0.9.4', title: artifact, artifacts: [artifact] }
  return fetchJars(jars, { cache: cacheFolder(), onProgress: () => {} })
}

/** A door for a tool: where it is, and its password. */
export type Door = Readonly<Record<'DOOR_PORT' | 'DOOR_PASSWORD', string>>

/** What a program of `apps/` in Python prints: one document of JSON, at the end. */
export async function runPython(app: string, door: Door): Promise<unknown> {
  const output = await run(['python3', appFile(app)], { ...door, ...(await pythonPath()) })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '')
}

/** Runs dbt in a folder. @returns its log, also when a model or a test of it failed */
export async function runDbt(folder: string, args: readonly string[], door: Door): Promise<string> {
  const start = 'from dbt.cli.main import cli; cli()'
  const places = ['--project-dir', folder, '--profiles-dir', folder]
  const environment = { ...door, ...(await pythonPath()), DBT_NO_USE_COLORS: '1' }
  return run(['python3', '-c', start, ...args, ...places], environment)
}

/** The lines that a program of `apps/` in Java prints. */
export async function runJava(app: string, door: Door): Promise<readonly string[]> {
  const classPath = join(await jdbcJars(), '*')
  return (await run(['java', '-cp', classPath, appFile(app)], door)).trim().split('\n')
}

function appFile(app: string): string {
  return join(import.meta.dirname, 'apps', app)
}

async function pythonPath(): Promise<Readonly<Record<string, string>>> {
  return { PYTHONPATH: await pythonPackages() }
}

async function run(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const [program = '', ...args] = command
  const { stdout } = await promisify(execFile)(program, args, {
    env: { ...process.env, ...environment },
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout
}
