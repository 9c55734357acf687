import { createHash } from 'node:crypto'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ForeignRecord } from '@custom-events/kafka'
import { cached, cacheFolder } from '../../embedded/src/download/cache.ts'
import { fetchKafka } from '../../embedded/src/download/maven.ts'

/** Kafka's codecs, by the names that all clients use. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CodecName = (typeof CODECS)[number]

export interface ForeignManner {
  readonly codec?: CodecName
  readonly transaction?: 'commit' | 'abort'
}

/** A producer that is not ours. */
export interface ForeignProducer extends AsyncDisposable {
  /** Resolves when all are acknowledged, and the transaction is ended. */
  produce(topic: string, records: readonly ForeignRecord[], manner?: ForeignManner): Promise<void>
}

/** `java` is Kafka's own, `librdkafka` the one below most other languages, here from Python. */
export type ForeignLibrary = 'java' | 'librdkafka'
export const FOREIGN_LIBRARIES = ['java', 'librdkafka'] as const

const REQUIREMENTS = join(import.meta.dirname, 'foreign', 'librdkafka.requirements.txt')
const INSTALL_TIMEOUT_MS = 150_000
const GROUP_TIMEOUT_MS = 60_000

/** `null` when this machine can run it. */
export function whyNoForeign(library: ForeignLibrary): string | null {
  const command =
    library === 'java' ? ['javac', '--version'] : ['python3', '-m', 'pip', '--version']
  const [program = '', ...rest] = command
  const { status } = spawnSync(program, rest, { stdio: 'ignore', timeout: 20_000 })
  return status === 0 ? null : `SKIPPED: \`${command.join(' ')}\` does not work here`
}

/** How programs in Java and Python with these libraries are run, before the name of their source. */
export async function foreignRuntime(library: ForeignLibrary): Promise<{
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}> {
  if (library === 'java') {
    const folder = await fetchKafka({ cache: cacheFolder(), onProgress: () => {} })
    return { command: ['java', '-Xmx256m', '-cp', join(folder, '*')], environment: {} }
  }
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex')
  const entry = join(cacheFolder(), `pip-librdkafka-${hash.slice(0, 16)}`)
  const packages = await cached(entry, async (folder) => {
    const install = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--target', folder]
    const options = { encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS } as const
    const { status, stderr } = spawnSync('python3', [...install, '-r', REQUIREMENTS], options)
    if (status !== 0) throw new Error(`pip install -r ${REQUIREMENTS} failed: ${stderr}`)
  })
  // Nothing is written beside the packages: the cache notices what is changed.
  const environment = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' }
  return { command: ['python3'], environment }
}

const SOURCES = { java: 'ForeignProducer.java', librdkafka: 'foreign_producer.py' } as const

export async function startForeign(
  library: ForeignLibrary,
  brokers: string,
): Promise<ForeignProducer> {
  const { command, environment } = await foreignRuntime(library)
  const [program = '', ...rest] = command
  const source = join(import.meta.dirname, 'foreign', SOURCES[library])
  const child = spawn(program, [...rest, source, brokers], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on(
    'data',
    (bytes: Buffer) => (errors = `${errors}${bytes.toString()}`.slice(-4_000)),
  )
  child.stdin.on('error', () => {}) // told by its exit
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let groups = 0
  return {
    produce: async (topic, records, { codec = 'none', transaction } = {}) => {
      const id = `${topic}-${library}-${process.pid}-${groups++}`
      const lines = [
        ['begin', topic, codec, transaction ?? 'none', id].join('\t'),
        ...records.map(lineOf),
        'end',
      ]
      child.stdin.write(`${lines.join('\n')}\n`)
      const timer = setTimeout(() => child.kill('SIGKILL'), GROUP_TIMEOUT_MS)
      const answer = await answers.next()
      clearTimeout(timer)
      if (answer.value !== 'done') throw new Error(`${library} did not produce: ${errors}`)
    },
    [Symbol.asyncDispose]: async () => {
      const isOver = child.exitCode !== null || child.signalCode !== null
      const ended = isOver ? Promise.resolve() : once(child, 'exit')
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(timer)
    },
  }
}

function lineOf({ partition, key, value, headers = {}, timestampMs }: ForeignRecord): string {
  const pairs = Object.entries(headers).map(([name, one]) => `${base64(name)}:${base64(one)}`)
  const fields = [partition, timestampMs ?? '-', base64(key), base64(value), pairs.join(',')]
  return ['record', ...fields].join('\t')
}

function base64(bytes: Buffer | string | null): string {
  return bytes === null ? '-' : Buffer.from(bytes).toString('base64')
}
