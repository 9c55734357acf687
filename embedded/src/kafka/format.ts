import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { cached } from '../download/cache.ts'
import { runCommand } from '../process/command.ts'
import { StackError } from '../problem.ts'

interface FormatOptions {
  /** Of the broker: `data` in it is formatted. */
  readonly folder: string
  readonly nodeId: number
  readonly clusterId: string
  readonly libs: string
  /** Kafka's own `format`, for the folder that this file of properties names in `log.dirs`. */
  readonly command: (properties: string) => readonly string[]
  /** Of the broker, as text. */
  readonly properties: string
  readonly logFile: string
  readonly signal?: AbortSignal | undefined
}

const FORMAT_TIMEOUT_MS = 60_000
const META = 'meta.properties'

/**
 * Formats the folder of a broker, unless it is. What Kafka's own command writes is the same for every broker of a release
 * but for the ids in one file: it runs once for a cache, which is copied. That is a JVM less for each start.
 *
 * @throws {StackError | unknown} the second when the signal was aborted
 */
export async function formatFolder(options: FormatOptions): Promise<void> {
  const { folder, libs, nodeId, clusterId } = options
  if (await isFormatted(folder)) return
  const entry = join(dirname(libs), `formatted-${basename(libs)}`)
  const template = await cached(entry, (made) => formatByKafka(made, options))
  const data = join(folder, 'data')
  await mkdir(data, { recursive: true })
  await cp(join(template, 'data'), data, {
    recursive: true,
    filter: (from) => basename(from) !== META,
  })
  // Last: a folder without it is not formatted.
  await writeFile(join(data, META), metaProperties(nodeId, clusterId))
}

/** The id with which a folder of a broker was formatted; a new one where none was. */
export async function clusterIdOf(brokerFolders: readonly string[]): Promise<string> {
  for (const folder of brokerFolders) {
    const text = await readFile(join(folder, 'data', META), 'utf8').catch(() => '')
    const id = /^cluster\.id=(.+)$/m.exec(text)?.[1]?.trim()
    if (id !== undefined) return id
  }
  return newId()
}

async function isFormatted(folder: string): Promise<boolean> {
  return (await readFile(join(folder, 'data', META)).catch(() => undefined)) !== undefined
}

async function formatByKafka(made: string, options: FormatOptions): Promise<void> {
  const { properties, command, logFile, signal } = options
  const file = join(made, 'server.properties')
  await writeFile(file, properties.replace(/^log\.dirs=.*$/m, `log.dirs=${join(made, 'data')}`))
  const end = await runCommand(command(file), {
    cwd: made,
    logFile,
    timeoutMs: FORMAT_TIMEOUT_MS,
    signal,
  })
  if (end === 'aborted') signal?.throwIfAborted()
  if (end !== 0) throw await formatFailed(options, end)
  await rm(file)
}

async function formatFailed({ logFile }: FormatOptions, end: unknown): Promise<StackError> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  const lines = log.trimEnd().split('\n').slice(-12).join('\n')
  return new StackError({
    what: `kafka could not format a folder (${String(end)}); ${logFile} ends with:\n${lines}`,
    fix: 'Is the cache folder writable and is there disk space?',
    logFile,
  })
}

function metaProperties(nodeId: number, clusterId: string): string {
  return `version=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\ndirectory.id=${newId()}\n`
}

/** 16 random bytes as Kafka writes them: base64url, not starting with a dash. */
function newId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newId() : id
}
