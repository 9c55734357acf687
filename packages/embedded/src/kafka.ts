import { createConnection } from 'node:net'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ServerPlan } from './child.ts'
import { runCommand } from './command.ts'
import { StackError } from './problem.ts'

export interface KafkaOptions {
  readonly libs: string
  readonly folder: string
  readonly logFile: string
  readonly port: number
  readonly controllerPort: number
  /** Let the JVM compile fully: slower to start, faster to run. @default false */
  readonly isTuned: boolean
  readonly heapMegabytes: number
  /** More ways to the broker. */
  readonly listeners: readonly KafkaListener[]
  readonly signal?: AbortSignal | undefined
}

/**
 * A listener that sends its clients to another port: that of a proxy. Without one of its own a client
 * would leave the proxy after its first metadata answer.
 */
export interface KafkaListener {
  /** Capital letters. */
  readonly name: string
  readonly port: number
  readonly advertisedPort: number
}

const FORMAT_TIMEOUT_MS = 60_000

/** Apache Kafka as one KRaft process that is broker and controller; formats its folder once. */
export async function planKafka(options: KafkaOptions): Promise<ServerPlan> {
  await mkdir(options.folder, { recursive: true })
  const properties = join(options.folder, 'server.properties')
  const logging = join(options.folder, 'log4j2.properties')
  await writeFile(properties, serverProperties(options))
  await writeFile(logging, log4jProperties)
  const java = (main: string, ...jvmOptions: readonly string[]): readonly string[] => [
    'java',
    ...jvmOptions,
    ...(options.isTuned ? [] : ['-XX:TieredStopAtLevel=1']),
    '-XX:+UseSerialGC',
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    join(options.libs, '*'),
    main,
  ]
  if (!(await isFormatted(options.folder))) {
    const format = [...java('kafka.tools.StorageTool'), 'format', '-t', clusterId()]
    const end = await runCommand([...format, '-c', properties], {
      cwd: options.folder,
      logFile: options.logFile,
      timeoutMs: FORMAT_TIMEOUT_MS,
      signal: options.signal,
    })
    if (end === 'aborted') options.signal?.throwIfAborted()
    if (end !== 0) throw await formatFailed(options, end)
  }
  return {
    name: 'kafka',
    url: `127.0.0.1:${options.port}`,
    command: [...java('kafka.Kafka', '-Xms128m', `-Xmx${options.heapMegabytes}m`), properties],
    cwd: options.folder,
    logFile: options.logFile,
    isReady: () => hasBroker(options.port),
  }
}

async function isFormatted(folder: string): Promise<boolean> {
  return (
    (await readFile(join(folder, 'data', 'meta.properties')).catch(() => undefined)) !== undefined
  )
}

async function formatFailed(options: KafkaOptions, end: unknown): Promise<StackError> {
  const log = await readFile(options.logFile, 'utf8').catch(() => '')
  const lines = log.trimEnd().split('\n').slice(-12).join('\n')
  return new StackError({
    what: `kafka could not format ${options.folder} (${String(end)}); ${options.logFile} ends with:\n${lines}`,
    fix: 'Is the data folder writable and is there disk space?',
    logFile: options.logFile,
  })
}

/** 16 random bytes as Kafka writes them: base64url, not starting with a dash. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? clusterId() : id
}

function serverProperties(options: KafkaOptions): string {
  const more = (line: (listener: KafkaListener) => string): string =>
    options.listeners.map((listener) => `,${line(listener)}`).join('')
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${options.controllerPort}
listeners=PLAINTEXT://127.0.0.1:${options.port},CONTROLLER://127.0.0.1:${options.controllerPort}${more(({ name, port }) => `${name}://127.0.0.1:${port}`)}
advertised.listeners=PLAINTEXT://127.0.0.1:${options.port}${more(({ name, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort}`)}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${more(({ name }) => `${name}:PLAINTEXT`)}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(options.folder, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
`
}

const log4jProperties = `status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n%throwable
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
`

/** Asks for the cluster's metadata (Kafka protocol, request 3 version 1) and counts its brokers. */
function hasBroker(port: number): Promise<boolean> {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0) // bytes that follow
  request.writeInt16BE(3, 4) // Metadata
  request.writeInt16BE(1, 6)
  request.writeInt32BE(1, 8) // correlation id
  request.writeInt16BE(-1, 12) // no client id
  request.writeInt32BE(0, 14) // no topics
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: 2_000 })
    let answer = Buffer.alloc(0)
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 12) return
      resolve(answer.readInt32BE(8) > 0)
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('close', () => resolve(false))
  })
}
