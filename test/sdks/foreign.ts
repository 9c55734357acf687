import { createHash } from 'node:crypto'
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cached, cacheFolder } from '../../embedded/src/download/cache.ts'
import { fetchJars } from '../../embedded/src/download/maven.ts'
import type { Client, Happening, Person, ServerSdk } from './sdk.ts'

const INSTALL_TIMEOUT_MS = 150_000
const RUN_TIMEOUT_MS = 150_000

const PYTHON = whyMissing(['python3', '-m', 'pip', '--version'], 'Python 3 with pip')
const JAVA = whyMissing(['javac', '--version'], 'a Java development kit')
const GO = whyMissing(['go', 'version'], 'Go 1.21 or later')

/** SDKs of other languages: each is an app in `foreign/` that reads its calls on its standard input. */
export const FOREIGN = {
  segmentPython: foreignSdk('segment-analytics-python', PYTHON, () =>
    pythonApp('segment', 'segment.analytics.client'),
  ),
  rudderPython: foreignSdk('rudder-sdk-python', PYTHON, () =>
    pythonApp('rudder', 'rudderstack.analytics.client'),
  ),
  segmentJava: foreignSdk('analytics-java', JAVA, () =>
    javaApp('com.segment.analytics.java:analytics:3.5.2', 'SegmentApp.java'),
  ),
  rudderJava: foreignSdk('rudder-sdk-java', JAVA, () =>
    javaApp('com.rudderstack.sdk.java.analytics:analytics:3.1.2', 'RudderApp.java'),
  ),
  segmentGo: foreignSdk('segmentio/analytics-go', GO, () => goApp('go-segment')),
  rudderGo: foreignSdk('rudderlabs/analytics-go', GO, () => goApp('go-rudder')),
} as const satisfies Record<string, ServerSdk>

function foreignSdk(name: string, missing: string | null, prepare: () => Promise<App>): ServerSdk {
  return {
    name,
    isResending: true,
    takesTimestamp: true,
    isPatient: true,
    whyMissing: missing,
    prepare: async () => void (await prepare()),
    start: (url, key) => startApp({ url, key }, prepare()),
  }
}

function whyMissing(command: readonly string[], what: string): string | null {
  const [program = '', ...rest] = command
  const { status } = spawnSync(program, rest, { stdio: 'ignore', timeout: 20_000 })
  return status === 0
    ? null
    : `SKIPPED: it needs ${what}; \`${command.join(' ')}\` does not work here`
}

interface App {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Every call is a line that the app reads when it is made; the end of its input has it flush and end. */
function startApp(
  job: { readonly url: string; readonly key: string },
  app: Promise<App>,
): Client<Happening & Person> {
  const running = app.then(run)
  running.catch(() => {}) // told by `close`
  const say = (line: object): void => {
    running.then(({ stdin }) => stdin?.write(`${JSON.stringify(line)}\n`)).catch(() => {})
  }
  say(job)
  return {
    track: (event) => say({ call: 'track', ...event }),
    identify: (userId) => say({ call: 'identify', userId }),
    close: async () => {
      const child = await running
      const ended = once(child, 'exit')
      child.stdin?.end()
      const [code, signal] = child.exitCode === null ? await ended : [child.exitCode, null]
      if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code ?? signal}`)
    },
    kill: () => void running.then((child) => child.kill('SIGKILL')).catch(() => {}),
  }
}

function run(app: App): ChildProcess {
  const [program = '', ...rest] = app.command
  return spawn(program, rest, {
    env: { ...process.env, ...app.environment },
    stdio: ['pipe', 'inherit', 'inherit'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
}

const source = (file: string): string => join(import.meta.dirname, 'foreign', file)

async function pythonApp(name: string, module: string): Promise<App> {
  const requirements = source(`${name}.requirements.txt`)
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  const entry = join(cacheFolder(), `pip-${name}-${hash.slice(0, 16)}`)
  const packages = await cached(entry, async (folder) => {
    const install = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--target', folder]
    await runToEnd('python3', [...install, '-r', requirements])
  })
  // Nothing is written beside the packages: the cache notices what is changed.
  const environment = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' }
  return { command: ['python3', source('python_app.py'), module], environment }
}

async function javaApp(artifact: string, file: string): Promise<App> {
  const [group = '', name, version] = artifact.split(':')
  const vendor = group.split('.')[1] ?? ''
  const jars = { entry: `${vendor}-${name}-${version}`, title: artifact, artifacts: [artifact] }
  const onProgress = (): void => {}
  const folder = await fetchJars(jars, { cache: cacheFolder(), onProgress })
  return { command: ['java', '-cp', join(folder, '*'), source(file)], environment: {} }
}

/** Built once for each version of its source and of what go.sum pins. */
async function goApp(module: string): Promise<App> {
  const from = source(module)
  const hash = createHash('sha256')
  for (const file of readdirSync(from).toSorted()) hash.update(readFileSync(join(from, file)))
  const entry = join(cacheFolder(), `${module}-${hash.digest('hex').slice(0, 16)}`)
  const built = await cached(entry, async (folder) => {
    cpSync(from, folder, { recursive: true })
    await runToEnd('go', ['build', '-C', folder, '-buildvcs=false', '-o', 'app', '.'])
  })
  return { command: [join(built, 'app')], environment: {} }
}

/** Its output is in the error when it fails. */
async function runToEnd(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { timeout: INSTALL_TIMEOUT_MS })
}
