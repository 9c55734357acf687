import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cached, cacheFolder } from '../../packages/embedded/src/cache.ts'
import { fetchJars } from '../../packages/embedded/src/maven.ts'
import type { AppEvent, Client, Sdk } from './sdk.ts'

const PYTHON_SDK = 'segment-analytics-python==2.4.0'
const JAVA_SDK = 'com.segment.analytics.java:analytics:3.5.2'
const INSTALL_TIMEOUT_MS = 150_000
const RUN_TIMEOUT_MS = 90_000

/** SDKs of other languages: each is an app in `foreign/` that reads a job on its standard input. */
export const FOREIGN_SDKS: readonly Sdk[] = [
  {
    name: 'segment-analytics-python',
    isResending: true,
    takesTimestamp: true,
    isPatient: true,
    whyMissing: whyMissing(['python3', '-m', 'pip', '--version'], 'Python 3 with pip'),
    start: (url, key) => startApp(url, key, pythonApp),
  },
  {
    name: 'analytics-java',
    isResending: true,
    takesTimestamp: true,
    isPatient: true,
    whyMissing: whyMissing(['javac', '--version'], 'a Java development kit'),
    start: (url, key) => startApp(url, key, javaApp),
  },
]

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

/** The whole life of the app happens in `close`: start, track, flush, end. */
function startApp(url: string, key: string, prepare: () => Promise<App>): Client {
  const identified: string[] = []
  const events: AppEvent[] = []
  return {
    track: (event) => void events.push(event),
    identify: (userId) => void identified.push(userId),
    close: async () => run(await prepare(), JSON.stringify({ url, key, identified, events })),
  }
}

async function run(app: App, input: string): Promise<void> {
  const [program = '', ...rest] = app.command
  const child = spawn(program, rest, {
    env: { ...process.env, ...app.environment },
    stdio: ['pipe', 'inherit', 'inherit'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  child.stdin.end(input)
  const [code, signal] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${program} ended with ${code ?? signal}`)
}

const source = (file: string): string => join(import.meta.dirname, 'foreign', file)

async function pythonApp(): Promise<App> {
  const entry = join(cacheFolder(), PYTHON_SDK.replace('==', '-'))
  const packages = await cached(entry, async (folder) => {
    const install = ['-m', 'pip', 'install', '--quiet', '--target', folder, PYTHON_SDK]
    const options = { encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS } as const
    const { status, stderr } = spawnSync('python3', install, options)
    if (status !== 0) throw new Error(`pip install ${PYTHON_SDK} failed: ${stderr}`)
  })
  // Nothing is written beside the packages: the cache notices what is changed.
  const environment = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' }
  return { command: ['python3', source('segment_app.py')], environment }
}

async function javaApp(): Promise<App> {
  const jars = { entry: 'analytics-java-3.5.2', title: JAVA_SDK, artifacts: [JAVA_SDK] }
  const onProgress = (): void => {}
  const folder = await fetchJars(jars, { cache: cacheFolder(), onProgress })
  const command = ['java', '-cp', join(folder, '*'), source('SegmentApp.java')]
  return { command, environment: {} }
}
