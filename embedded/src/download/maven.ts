import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { cached, cacheFolder, isIntact } from './cache.ts'
import { runCommand, type CommandEnd } from '../process/command.ts'
import { verifyPinned } from './pins.ts'
import { pomOf } from './pom.ts'
import { dockerInstead, StackError } from '../problem.ts'

const MAVEN_TIMEOUT_MS = 600_000
const PROGRESS_EVERY_MS = 5_000
const kafkaVersion = '4.4.0'
const log4jVersion = '2.24.3'
const registryVersion = '3.0.9'

export interface DownloadOptions {
  readonly cache: string
  readonly onProgress: (line: string) => void
  readonly signal?: AbortSignal | undefined
  /** Compare checksums of what is cached: for when a server does not start. @default false */
  readonly isThorough?: boolean
}

const entries = {
  kafka: `kafka-${kafkaVersion}-log4j-${log4jVersion}`,
  registry: `apicurio-registry-${registryVersion}`,
} as const

/** Whether the cached files of a server are, byte for byte, what was downloaded. */
export function isCacheIntact(server: keyof typeof entries): Promise<boolean> {
  return isIntact(join(cacheFolder(), entries[server]), true)
}

/** Java libraries with everything they need to run. */
export interface Jars {
  /** The name of their folder in the cache; it holds their versions. */
  readonly entry: string
  /** For the progress line: name, version and size. */
  readonly title: string
  /** `group:artifact:version` each. */
  readonly artifacts: readonly string[]
}

/** The folder with Kafka's jars, from Maven or the cache. */
export function fetchKafka(options: DownloadOptions): Promise<string> {
  const artifacts = [
    `org.apache.kafka:kafka_2.13:${kafkaVersion}`,
    `org.apache.logging.log4j:log4j-slf4j-impl:${log4jVersion}`,
  ]
  const title = `Apache Kafka ${kafkaVersion} with Maven (43 MB)`
  return fetchJars({ entry: entries.kafka, title, artifacts }, options)
}

/** The folder with jars and all they depend on, from Maven or the cache. */
export function fetchJars(jars: Jars, options: DownloadOptions): Promise<string> {
  const entry = join(options.cache, jars.entry)
  const fill = async (folder: string): Promise<void> => {
    options.onProgress(`downloading ${jars.title} …`)
    await withMaven(entry, options, async (run, workFolder) => {
      const pom = join(workFolder, 'pom.xml')
      await writeFile(pom, pomOf(jars.artifacts))
      const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime']
      await run(['mvn', '-q', '-B', '-f', pom, ...goal, `-DoutputDirectory=${folder}`])
    })
    await verifyPinned(folder)
  }
  return cached(entry, fill, options.isThorough)
}

/** The folder with Apicurio Registry, from Maven or the cache. */
export function fetchRegistry(options: DownloadOptions): Promise<string> {
  const entry = join(options.cache, entries.registry)
  const artifact = `io.apicurio:apicurio-registry-app:${registryVersion}:tar.gz:all`
  const fill = async (folder: string): Promise<void> => {
    options.onProgress(`downloading Apicurio Registry ${registryVersion} with Maven (130 MB) …`)
    await withMaven(entry, options, async (run, workFolder) => {
      const copy = ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${workFolder}`]
      await run(['mvn', '-q', '-B', ...copy])
      await verifyPinned(workFolder) // it holds the archive alone
      const archive = join(workFolder, `apicurio-registry-app-${registryVersion}-all.tar.gz`)
      await run(['tar', '-xzf', archive, '-C', folder])
    })
  }
  return cached(entry, fill, options.isThorough)
}

type Run = (command: readonly string[]) => Promise<void>

/** Gives a folder for the time of the download; its output stays beside the entry if it fails. */
async function withMaven(
  entry: string,
  options: DownloadOptions,
  use: (run: Run, workFolder: string) => Promise<void>,
): Promise<void> {
  const workFolder = await mkdtemp(join(tmpdir(), 'custom-events-download-'))
  const startedAt = Date.now()
  const progress = setInterval(() => {
    options.onProgress(
      `still downloading ${basename(entry)}, ${Math.round((Date.now() - startedAt) / 1_000)} s`,
    )
  }, PROGRESS_EVERY_MS)
  const logFile = `${entry}.log`
  const run: Run = async (command) => {
    const end = await runCommand(inTurn(command, options.cache), {
      cwd: workFolder,
      logFile,
      timeoutMs: MAVEN_TIMEOUT_MS,
      signal: options.signal,
    })
    if (end === 'aborted') options.signal?.throwIfAborted()
    if (end !== 0) throw downloadFailed(command, end, logFile)
  }
  try {
    await rm(logFile, { force: true })
    await use(run, workFolder)
    await rm(logFile, { force: true })
  } catch (error) {
    if (!(error instanceof StackError)) await rm(logFile, { force: true })
    throw error
  } finally {
    clearInterval(progress)
    await rm(workFolder, { recursive: true, force: true })
  }
}

/** Maven's local repository is not made for two writers: ours take turns, across processes. */
function inTurn(command: readonly string[], cache: string): readonly string[] {
  const waitSeconds = String(MAVEN_TIMEOUT_MS / 1_000)
  return ['flock', '--no-fork', '-w', waitSeconds, join(cache, '.lock'), ...command]
}

function downloadFailed(command: readonly string[], end: CommandEnd, logFile: string): StackError {
  const how = typeof end === 'number' ? `failed with code ${end}` : `failed (${end})`
  return new StackError({
    what: `${command.slice(0, 6).join(' ')} … ${how}; its output is in ${logFile}`,
    fix:
      'Is a Maven repository reachable (~/.m2/settings.xml names mirrors) and is there disk space? ' +
      `If a file in ~/.m2/repository is broken, delete it. Then try again, ${dockerInstead}`,
    logFile,
  })
}
