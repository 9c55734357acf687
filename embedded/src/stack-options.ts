import type { ServerName } from './process/child.ts'
import type { Credentials } from './clickhouse/logins/login.ts'
import type { KafkaListener } from './kafka/kafka.ts'
import type { AllPorts, StackPorts } from './process/ports.ts'

export interface StackOptions {
  /**
   * Where the servers listen on 127.0.0.1; ports of the services, if given too, are checked with them.
   * @default free ports, picked at start
   */
  readonly ports?: StackPorts & Partial<AllPorts>
  /** How many brokers Kafka has: 1, or 3 to lose one. @default 1 */
  readonly brokers?: number
  /** How many ClickHouses events are spread over, each a shard; with `ports` those of the others. @default 1 */
  readonly shards?: number
  /** Where the servers keep their data. @default a fresh temporary folder, removed by `stop` */
  readonly dataDir?: string
  /** Let Kafka's JVM compile fully: slower to start, faster to run. @default false */
  readonly tuned?: boolean
  /** Kafka's heap, in MiB. @default 384 */
  readonly kafkaHeapMegabytes?: number
  /** Who may do everything in ClickHouse. @default the user `default` with a new password */
  readonly clickhouseCredentials?: Credentials
  /** The database whose tables ClickHouse's other logins may use. @default custom_events */
  readonly clickhouseDatabase?: string
  /** Whether queries may read and write files, reach other servers and run programs. @default false */
  readonly allowsClickHouseSources?: boolean
  /**
   * Whether ClickHouse keeps parts that were replaced for eight minutes, as a server does, should the new ones be broken.
   * @default with a `dataDir`: what is removed at the end needs none
   */
  readonly keepsReplacedParts?: boolean
  /** More listeners of Kafka, advertised on the ports of proxies. @default none */
  readonly kafkaListeners?: readonly KafkaListener[]
  /**
   * Kafka also listens where it asks who somebody is, and what they may do; with `ports` at the
   * `kafkaSecure` of each broker. @default false
   */
  readonly secure?: boolean
  /** Lines for a person about what takes long. */
  readonly onProgress?: (line: string) => void
  /** Called when a server dies after it was ready; the others stay. */
  readonly onServerDied?: (server: ServerName, reason: string, logFile: string) => void
  /** Ends the start, or does nothing once the stack runs. */
  readonly signal?: AbortSignal
}
