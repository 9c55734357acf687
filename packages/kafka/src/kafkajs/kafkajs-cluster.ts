import type { Socket } from 'node:net'
import {
  PartitionAssigners,
  type DescribeConfigResponse,
  type Kafka,
  type ResourceConfigQuery,
} from 'kafkajs'

/** What our own requests use of kafkajs 2.2.4 below its producer and admin; a test pins it. */
export interface KafkaJsCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  /** Connects to it if it is not connected. */
  findBroker(node: { readonly nodeId: number }): Promise<KafkaJsBroker>
  removeBroker(address: { readonly host: string; readonly port: number }): void
  readonly brokerPool: {
    readonly brokers: Readonly<Record<number, KafkaJsBroker>>
    /** Of a pool that was not connected yet it is not there. */
    readonly seedBroker?: KafkaJsBroker
    readonly metadata: KafkaJsMetadata | null
    findConnectedBroker(): Promise<KafkaJsBroker>
    createBroker(options: { readonly connectionPool: KafkaJsConnectionPool }): KafkaJsBroker
  }
}

export interface KafkaJsMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[]
  }[]
}

export interface KafkaJsBroker {
  /** By the number of the API; `null` until a broker was asked. */
  readonly versions: Readonly<
    Record<number, { readonly minVersion: number; readonly maxVersion: number }>
  > | null
  readonly connectionPool: KafkaJsConnectionPool
  isConnected(): boolean
  findGroupCoordinator(group: { readonly groupId: string }): Promise<unknown>
  metadata(topics: readonly string[]): Promise<{ readonly clusterId?: string | null }>
  /** @throws when one of the resources may not be asked about. */
  describeConfigs(request: {
    readonly includeSynonyms: boolean
    readonly resources: readonly ResourceConfigQuery[]
  }): Promise<DescribeConfigResponse>
}

export interface KafkaJsConnectionPool {
  readonly pool: readonly KafkaJsConnection[]
  getConnection(index: number): Promise<KafkaJsConnection>
  send(protocol: {
    readonly request: { readonly apiKey: number }
    readonly response: {
      readonly decode: (bytes: Buffer) => Promise<unknown>
      readonly parse: unknown
    }
  }): Promise<unknown>
}

export interface KafkaJsConnection {
  readonly clientId: string
  readonly sasl: unknown
  readonly socket: Socket
  readonly requestQueue: {
    push(request: {
      readonly entry: {
        readonly apiKey: number
        readonly apiName: string
        readonly apiVersion: number
        readonly correlationId: number
        readonly resolve: (answer: { readonly payload: Buffer }) => void
        readonly reject: (error: Error) => void
      }
      readonly expectResponse: boolean
      readonly requestTimeout: null
      readonly sendRequest: () => void
    }): void
    rejectAll(error: Error): void
    maybeThrottle(throttleMs: number): void
  }
  /** Authenticates first where that is due. */
  send<T, Decoded>(made: {
    readonly request: {
      readonly apiKey: number
      readonly apiName: string
      readonly apiVersion: number
      readonly encode: () => Promise<{ readonly buffer: Buffer }>
    }
    readonly response: {
      readonly decode: (payload: Buffer) => Promise<Decoded>
      readonly parse: (decoded: Decoded) => Promise<T>
    }
  }): Promise<T>
  isAuthenticated(): boolean
  authenticate(): Promise<void>
  failIfNotConnected(): void
  nextCorrelationId(): number
}

/**
 * A cluster that is not connected yet. kafkajs hands one to whoever makes a partition assigner: the only
 * way to it that is public. The consumer it belongs to is never started.
 */
export function kafkaJsCluster(kafka: Kafka): KafkaJsCluster {
  let cluster: unknown = null
  kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster
        return PartitionAssigners.roundRobin(config)
      },
    ],
  })
  if (cluster === null) throw new Error('kafkajs made no partition assigner: not version 2.2.4?')
  return cluster as KafkaJsCluster // its public type names only what assigners usually need
}
