// The parts of kafkajs 2.2.4 behind its consumer that consumer-group.ts uses. kafkajs has no types for
// them; a test pins their shape, and the end-to-end tests their behaviour.
declare module 'kafkajs/src/consumer/consumerGroup.js' {
  import type { KafkaJsCluster } from './kafkajs-cluster.ts'

  interface PartitionsOfTopic {
    readonly topic: string
    readonly partitions: readonly number[]
  }

  export interface RawMessage {
    readonly offset: string
    readonly timestamp: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
  }

  export interface RawBatch {
    readonly topic: string
    readonly partition: number
    readonly fetchedOffset: string
    readonly messages: readonly RawMessage[]
    /** As they were decoded, before any are hidden. */
    readonly rawMessages: readonly RawMessage[]
    /** Nothing at all was fetched, not even control records. */
    isEmptyIncludingFiltered(): boolean
    lastOffset(): string
  }

  export interface OffsetsOfTopic {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly offset: string
      readonly metadata: string | null
    }[]
  }

  export interface RawCluster {
    connect(): Promise<void>
    disconnect(): Promise<void>
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>
    refreshMetadata(): Promise<void>
    getNodeIds(): readonly number[]
    removeBroker(address: { readonly host: string; readonly port: number }): void
    findBroker(at: { readonly nodeId: number | string }): Promise<RawBroker>
    findGroupCoordinator(group: { groupId: string }): Promise<RawCoordinator>
    readonly brokerPool: RawBrokerPool
  }

  /** What a fetch request is made of; more than is named here. */
  export interface RawFetch {
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
    }[]
  }

  export interface RawBrokerPool {
    createBroker: (options: unknown) => RawBroker
    /** Of a pool that was not connected yet it is not there. */
    readonly seedBroker?: RawBroker
    withBroker: <T>(
      ask: (of: { readonly nodeId: number; readonly broker: RawBroker }) => Promise<T>,
    ) => Promise<T | null>
    readonly metadata: RawMetadata | null
    findConnectedBroker: KafkaJsCluster['brokerPool']['findConnectedBroker']
  }

  export interface RawMetadata {
    readonly topicMetadata: readonly {
      readonly topic: string
      readonly topicErrorCode: number
      readonly partitionMetadata: readonly {
        readonly partitionId: number
        /** -1: none. */
        readonly leader: number
        readonly partitionErrorCode: number
      }[]
    }[]
  }

  export interface RawResponse {
    readonly decode: (payload: Buffer) => Promise<unknown>
    readonly parse?: (decoded: unknown) => Promise<unknown>
  }
  interface RawRequest {
    readonly request: { readonly apiVersion: number }
    readonly response: RawResponse
  }
  /** Where an answer was asked for by topic and partition. */
  export interface RawAnswers<T> {
    readonly responses: readonly {
      readonly topic: string
      readonly partitions: readonly (T & {
        readonly partition: number
        readonly errorCode: number
      })[]
    }[]
  }
  export interface RawBroker {
    describeConfigs(request: {
      readonly resources: readonly {
        readonly type: number
        readonly name: string
        readonly configNames: readonly string[]
      }[]
      readonly includeSynonyms: boolean
    }): Promise<{
      readonly resources: readonly {
        readonly configEntries: readonly {
          readonly configName: string
          readonly configValue: string | null
        }[]
      }[]
    }>
    listOffsets(request: {
      readonly isolationLevel: number
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[]
      }[]
    }): Promise<RawAnswers<{ readonly offset: string }>>
    fetch: (this: RawBroker, options: unknown) => Promise<unknown>
    lookupRequest: (api: number, versions: unknown) => (details: RawFetch) => RawRequest
  }
  /** A member as the group's leader is told of it. */
  export interface JoinedMember {
    readonly memberId: string
    readonly memberMetadata: Buffer
  }

  export interface RawCoordinator {
    readonly nodeId: number
    isConnected(): boolean
    joinGroup(request: {
      readonly groupId: string
      readonly sessionTimeout: number
      readonly rebalanceTimeout: number
      /** Empty: as a new one. */
      readonly memberId: string
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
    }): Promise<{
      readonly generationId: number
      readonly leaderId: string
      readonly memberId: string
      readonly members: readonly JoinedMember[]
    }>
    syncGroup(request: {
      readonly groupId: string
      readonly generationId: number
      readonly memberId: string
      readonly groupAssignment: readonly {
        readonly memberId: string
        readonly memberAssignment: Buffer
      }[]
    }): Promise<{ readonly memberAssignment: Buffer }>
    heartbeat(request: {
      readonly groupId: string
      readonly groupGenerationId: number
      readonly memberId: string
    }): Promise<unknown>
    offsetCommit(request: {
      readonly groupId: string
      readonly groupGenerationId: number
      readonly memberId: string
      readonly topics: readonly OffsetsOfTopic[]
    }): Promise<unknown>
    leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
    lookupRequest: (api: number, versions: unknown) => (details: object) => object
    describeGroups(request: { readonly groupIds: readonly string[] }): Promise<{
      readonly groups: readonly {
        readonly state: string
        readonly members: readonly {
          readonly memberId: string
          readonly clientId: string
          readonly clientHost: string
          readonly memberMetadata: Buffer
          readonly memberAssignment: Buffer
        }[]
      }[]
    }>
    offsetFetch(request: {
      readonly groupId: string
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number }[]
      }[]
    }): Promise<RawAnswers<{ readonly offset: string; readonly metadata: string | null }>>
  }

  /** Where kafkajs fetches from next. */
  export interface RawOffsets {
    committedOffsets(): Record<string, Record<number, string>>
    resolveOffset(at: { topic: string; partition: number; offset: string }): void
  }

  export default class ConsumerGroup {
    constructor(options: Readonly<Record<string, unknown>>)
    readonly preferredReadReplicasPerTopicPartition: Record<
      string,
      Record<number, { readonly nodeId: number }>
    >
    offsetManager: RawOffsets
    partitionsPerSubscribedTopic: ReadonlyMap<string, readonly number[]> | null
    generatePartitionsPerSubscribedTopic(): ReadonlyMap<string, readonly number[]>
    /** Replaced: kafkajs would join anew or reset an offset from within a fetch. */
    recoverFromFetch: (error: Error) => Promise<void>
    connect(): Promise<void>
    fetch(nodeId: number): Promise<readonly RawBatch[]>
    assigned(): readonly PartitionsOfTopic[]
    subscriptionState: { assign(partitions: readonly PartitionsOfTopic[]): void }
    paused(): readonly PartitionsOfTopic[]
    pause(partitions: readonly PartitionsOfTopic[]): void
    resume(partitions: readonly PartitionsOfTopic[]): void
  }
}

declare module 'kafkajs/src/consumer/offsetManager/index.js' {
  import type { RawOffsets } from 'kafkajs/src/consumer/consumerGroup.js'

  const OffsetManager: new (options: Readonly<Record<string, unknown>>) => RawOffsets
  export default OffsetManager
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(buffer: Buffer)
    readonly buffer: Buffer
    offset: number
    readInt16(): number
    readInt32(): number
    readInt64(): bigint
    readString(): string
    readArray<T>(read: (decoder: Decoder) => T): T[]
    readArrayAsync<T>(read: (decoder: Decoder) => Promise<T>): Promise<T[]>
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js' {
  import type { RawMessage } from 'kafkajs/src/consumer/consumerGroup.js'
  import type Decoder from 'kafkajs/src/protocol/decoder.js'
  export default function decodeMessages(decoder: Decoder): Promise<RawMessage[]>
}
