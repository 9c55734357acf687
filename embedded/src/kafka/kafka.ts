import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerName, ServerPlan } from '../process/child.ts'
import type { ClassArchive } from '../process/class-archive.ts'
import { formatFolder } from './format.ts'
import { readKafkaMetadata } from './kafka-metadata.ts'
import type { BrokerPorts } from '../process/ports.ts'
import { secureProperties, type PlainPasswords } from './secure-kafka.ts'
import { jvmOptionsOf, type TlsMaterial } from './tls-listeners.ts'

export interface KafkaOptions {
  readonly libs: string
  readonly folder: string
  readonly logFile: string
  readonly name: ServerName
  /** From 1. */
  readonly nodeId: number
  /** Of every broker of the cluster, by node id from 1. */
  readonly cluster: readonly BrokerPorts[]
  /** The same for every broker of the cluster. */
  readonly clusterId: string
  readonly classes: ClassArchive
  /** Let the JVM compile fully: slower to start, faster to run. @default false */
  readonly isTuned: boolean
  readonly heapMegabytes: number
  /** More ways to the broker. */
  readonly listeners: readonly KafkaListener[]
  /** Who may come by the listener at `kafkaSecure`; without them there is none. */
  readonly passwords: PlainPasswords | null
  /** What the listeners at `kafkaTls` and `kafkaMutual` show; without it there are none. */
  readonly tls: TlsMaterial | null
  readonly signal?: AbortSignal | undefined
}

/**
 * A listener that sends its clients to another port: that of a proxy. Without one of its own a client
 * would leave the proxy after its first metadata answer.
 */
export interface KafkaListener {
  /** Capital letters. */
  readonly name: string
  /** Which broker's, from 1. @default 1 */
  readonly broker?: number
  readonly port: number
  readonly advertisedPort: number
  /** Asks who somebody is, over TLS, as the listener at `kafkaTls` does: only where there is that one. @default false */
  readonly isSecure?: boolean
}

/** Apache Kafka as a KRaft process that is broker and controller; an empty folder is formatted. */
export async function planKafka(options: KafkaOptions): Promise<ServerPlan> {
  const { folder, logFile, heapMegabytes, nodeId } = options
  const { kafka: port } = portsOf(options)
  await mkdir(folder, { recursive: true })
  const properties = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.properties')
  const text = serverProperties(options)
  await writeFile(properties, text)
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
  const jvm = options.tls === null ? [] : jvmOptionsOf(options.tls)
  const { libs, clusterId, signal } = options
  const format = [...java('kafka.tools.StorageTool'), 'format', '-t', clusterId]
  return {
    name: options.name,
    url: `127.0.0.1:${port}`,
    command: [
      ...java('kafka.Kafka', '-Xms128m', `-Xmx${heapMegabytes}m`, ...jvm, ...options.classes.flags),
      properties,
    ],
    onEnded: options.classes.keep,
    endsWithinMs: options.classes.endsWithinMs,
    cwd: folder,
    logFile,
    prepare: () =>
      formatFolder({
        folder,
        nodeId,
        clusterId,
        libs,
        properties: text,
        command: (file) => [...format, '-c', file],
        logFile,
        signal,
      }),
    isReady: async () => (await readKafkaMetadata(port)).brokers.includes(nodeId),
  }
}

function portsOf({ cluster, nodeId }: Pick<KafkaOptions, 'cluster' | 'nodeId'>): BrokerPorts {
  const ports = cluster[nodeId - 1]
  if (ports === undefined) throw new RangeError(`broker ${nodeId} has no ports`)
  return ports
}

function serverProperties(options: KafkaOptions): string {
  const { cluster, nodeId } = options
  const { kafka: port, kafkaController: controllerPort } = portsOf(options)
  const listeners = listenersOf(options)
  const more = (line: (listener: NamedListener) => string): string =>
    listeners.map((listener) => `,${line(listener)}`).join('')
  const voters = cluster.map((each, index) => `${index + 1}@127.0.0.1:${each.kafkaController}`)
  const replicas = Math.min(3, cluster.length)
  const inSync = Math.max(1, replicas - 1)
  return `process.roles=broker,controller
node.id=${nodeId}
controller.quorum.voters=${voters.join(',')}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${more(({ name, port: own }) => `${name}://127.0.0.1:${own}`)}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}${more(({ name, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort}`)}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${more(({ name, protocol }) => `${name}:${protocol}`)}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(options.folder, 'data')}
default.replication.factor=${replicas}
min.insync.replicas=${inSync}
offsets.topic.replication.factor=${replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=${replicas}
transaction.state.log.min.isr=${inSync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=${replicas}
share.coordinator.state.topic.min.isr=${inSync}
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
${racks(options)}${options.passwords === null ? '' : secureProperties(options.passwords, options.tls, secureNames(options))}`
}

/** Of several brokers each is in a rack of its own, and lets who is there read from it. */
function racks({ cluster, nodeId }: KafkaOptions): string {
  if (cluster.length === 1) return ''
  return `broker.rack=rack-${nodeId}
replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector
`
}

/** Of those that are secure and not at a port of `BrokerPorts`. */
function secureNames({ listeners, nodeId }: KafkaOptions): readonly string[] {
  return listeners
    .filter(({ broker = 1, isSecure = false }) => broker === nodeId && isSecure)
    .map(({ name }) => name)
}

interface NamedListener extends Omit<KafkaListener, 'broker'> {
  readonly protocol: 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SASL_SSL' | 'SSL'
}

/** All but the first plain one and the controller's. */
function listenersOf(options: KafkaOptions): readonly NamedListener[] {
  const { kafkaSecure, kafkaTls, kafkaMutual } = portsOf(options)
  const at = (
    port: number | undefined,
    rest: Pick<NamedListener, 'name' | 'protocol'>,
  ): readonly NamedListener[] =>
    port === undefined ? [] : [{ ...rest, port, advertisedPort: port }]
  return [
    ...options.listeners
      .filter(({ broker = 1 }) => broker === options.nodeId)
      .map(({ isSecure = false, ...listener }) => ({
        ...listener,
        protocol: isSecure ? ('SASL_SSL' as const) : ('PLAINTEXT' as const),
      })),
    ...at(kafkaSecure, { name: 'SECURE', protocol: 'SASL_PLAINTEXT' }),
    ...at(kafkaTls, { name: 'SECURETLS', protocol: 'SASL_SSL' }),
    ...at(kafkaMutual, { name: 'MUTUAL', protocol: 'SSL' }),
  ]
}

const log4jProperties = `status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n%throwable
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
`
