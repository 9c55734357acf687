import { createServer } from 'node:net'
import { freePort } from './free-port.ts'
import type { Problem } from '../problem.ts'

/** Where a broker listens, and the controller in the same process. */
export interface BrokerPorts {
  readonly kafka: number
  readonly kafkaController: number
  /** A second listener, which asks who somebody is. @default none */
  readonly kafkaSecure?: number
  /** The same over TLS. @default none */
  readonly kafkaTls?: number
  /** Over TLS, where it asks for a certificate. @default none */
  readonly kafkaMutual?: number
}

/** Of one of several ClickHouses, and of the consumer that fills it. */
interface ShardPorts {
  readonly clickhouse: number
  /** @default its consumer is not started with it */
  readonly consumerOps?: number
}

/** Where the servers listen on 127.0.0.1; of Kafka the first broker, of ClickHouse the first shard. */
export interface StackPorts extends BrokerPorts {
  /** Of the second broker, the third … @default none */
  readonly otherBrokers?: readonly BrokerPorts[]
  readonly registry: number
  readonly clickhouse: number
  /** Of the second shard, the third … @default none */
  readonly otherShards?: readonly ShardPorts[]
}

/** The servers' ports and those of our two services. */
export interface AllPorts extends StackPorts {
  readonly ingest: number
  readonly ingestOps: number
  readonly consumerOps: number
}

export const defaultPorts: AllPorts = {
  ingest: 3000,
  ingestOps: 3001,
  consumerOps: 3002,
  kafka: 9092,
  kafkaController: 9093,
  registry: 8081,
  clickhouse: 8123,
}

/**
 * Seven ports in a row, for `--port-base N`.
 * @throws RangeError when N … N+6 are not all ports.
 */
export function portsFromBase(base: number): AllPorts {
  if (!Number.isInteger(base) || base < 1 || base + 6 > 65_535) {
    throw new RangeError(`--port-base takes a whole number from 1 to 65529, got ${base}`)
  }
  return {
    ingest: base,
    ingestOps: base + 1,
    consumerOps: base + 2,
    kafka: base + 3,
    kafkaController: base + 4,
    registry: base + 5,
    clickhouse: base + 6,
  }
}

/** How many ports each secure listener of a stack has: one for each broker that there may be. */
const MAX_BROKERS = 3

/** Of the broker with this place, from 0: where it asks who somebody is, the same over TLS, and for certificates. */
export function securePorts(first: number, place: number): BrokerSecurePorts {
  return {
    kafkaSecure: first + place,
    kafkaTls: first + MAX_BROKERS + place,
    kafkaMutual: first + 2 * MAX_BROKERS + place,
  }
}

type BrokerSecurePorts = Required<Omit<BrokerPorts, 'kafka' | 'kafkaController'>>

/**
 * Two ports in a row for each broker but the first, from `first` on.
 * @param secure of the first broker's listener that asks who somebody is; none without
 */
export function otherBrokerPorts(
  first: number,
  brokers: number,
  secure?: number,
): readonly BrokerPorts[] {
  return Array.from({ length: brokers - 1 }, (_, index) => ({
    kafka: first + 2 * index,
    kafkaController: first + 2 * index + 1,
    ...(secure === undefined ? {} : securePorts(secure, index + 1)),
  }))
}

/** How many shards of ClickHouse an embedded stack may have: what divides its 12 partitions, and runs on one machine. */
export const STACK_SHARDS = [1, 2, 3, 4, 6] as const

/** A row of ports for each shard but the first, of as many as there may be: first the ClickHouses, then their consumers. */
export function otherShardPorts(
  first: { readonly clickhouse: number; readonly consumerOps: number },
  shards: number,
): readonly ShardPorts[] {
  return Array.from({ length: shards - 1 }, (_, index) => ({
    clickhouse: first.clickhouse + index,
    consumerOps: first.consumerOps + index,
  }))
}

/** Different free ports; another process may still take one before we do. */
export async function pickFreePorts({
  brokers = 1,
  isSecure = false,
  shards = 1,
}: {
  readonly brokers?: number
  readonly isSecure?: boolean
  readonly shards?: number
} = {}): Promise<StackPorts> {
  const broker = async (): Promise<BrokerPorts> => ({
    kafka: await freePort(),
    kafkaController: await freePort(),
    ...(isSecure
      ? {
          kafkaSecure: await freePort(),
          kafkaTls: await freePort(),
          kafkaMutual: await freePort(),
        }
      : {}),
  })
  const otherBrokers: BrokerPorts[] = []
  while (otherBrokers.length < brokers - 1) otherBrokers.push(await broker())
  const otherShards: { readonly clickhouse: number }[] = []
  while (otherShards.length < shards - 1) otherShards.push({ clickhouse: await freePort() })
  return {
    ...(await broker()),
    registry: await freePort(),
    clickhouse: await freePort(),
    otherBrokers,
    otherShards,
  }
}

const owners: Readonly<Record<Exclude<keyof AllPorts, 'otherBrokers' | 'otherShards'>, string>> = {
  ingest: 'ingest',
  ingestOps: 'the ops port of ingest',
  consumerOps: 'the ops port of the consumer',
  kafka: 'Kafka',
  kafkaController: 'the Kafka controller',
  kafkaSecure: 'the secure listener of Kafka',
  kafkaTls: 'the TLS listener of Kafka',
  kafkaMutual: 'the listener of Kafka that asks for certificates',
  registry: 'the schema registry',
  clickhouse: 'ClickHouse',
}

/** Names every port that somebody else listens on already; those of the services too, if given. */
export async function findTakenPorts(
  ports: StackPorts & Partial<AllPorts>,
): Promise<readonly Problem[]> {
  const { otherBrokers = [], otherShards = [], ...named } = ports
  const wanted = [
    ...Object.entries(named).map(
      ([name, port]) => [owners[name as keyof typeof owners], port] as const, // the keys of a ports object
    ),
    ...otherBrokers.flatMap(({ kafka, kafkaController, ...secure }, index) => [
      [`Kafka broker ${index + 2}`, kafka] as const,
      [`the Kafka controller of broker ${index + 2}`, kafkaController] as const,
      ...Object.values(secure).map(
        (port) => [`a secure listener of broker ${index + 2}`, port] as const,
      ),
    ]),
    ...otherShards.flatMap(({ clickhouse, consumerOps }, index) => [
      [`ClickHouse, shard ${index + 2}`, clickhouse] as const,
      ...(consumerOps === undefined
        ? []
        : [[`the ops port of the consumer of shard ${index + 2}`, consumerOps] as const]),
    ]),
  ]
  const checks = wanted.map(async ([server, port]): Promise<readonly Problem[]> => {
    const reason = await whyNotFree(port)
    if (reason === undefined) return []
    return [
      {
        what: `port ${port} for ${server}`,
        found: reason === 'EADDRINUSE' ? 'taken by another process' : `not usable (${reason})`,
        fix: `Stop what listens on 127.0.0.1:${port} or move all ports with --port-base N`,
      },
    ]
  })
  return (await Promise.all(checks)).flat()
}

function whyNotFree(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)))
  })
}
