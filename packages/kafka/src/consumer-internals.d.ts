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
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
  }

  export interface RawCluster {
    connect(): Promise<void>
    disconnect(): Promise<void>
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>
    refreshMetadata(): Promise<void>
    getNodeIds(): readonly number[]
    removeBroker(address: { readonly host: string; readonly port: number }): void
    findBroker(at: { readonly nodeId: number | string }): Promise<RawBroker>
    readonly brokerPool: KafkaJsCluster['brokerPool']
    findGroupCoordinator(group: { groupId: string }): Promise<RawCoordinator>
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number }[]
        readonly fromBeginning: boolean
      }[],
    ): Promise<readonly OffsetsOfTopic[]>
  }

  /** What a fetch request is made of; more than is named here. */
  export interface RawFetch {
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
    }[]
  }

  interface RawRequest {
    readonly request: { readonly apiVersion: number }
    readonly response: { readonly decode: (payload: Buffer) => Promise<unknown> }
  }
  export interface RawBroker {
    fetch: (this: RawBroker, options: unknown) => Promise<unknown>
    lookupRequest: (api: number, versions: unknown) => (details: RawFetch) => RawRequest
  }
  export interface RawCoordinator {
    offsetFetch(request: {
      readonly groupId: string
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number }[]
      }[]
    }): Promise<{ readonly responses: readonly OffsetsOfTopic[] }>
  }

  export default class ConsumerGroup {
    constructor(options: Readonly<Record<string, unknown>>)
    memberId: string | null
    coordinator: RawCoordinator | null
    offsetManager: {
      resolveOffsets(): Promise<void>
      resolveOffset(at: { topic: string; partition: number; offset: string }): void
    }
    /** Replaced: kafkajs would join anew or reset an offset from within a fetch. */
    recoverFromFetch: (error: Error) => Promise<void>
    connect(): Promise<void>
    joinAndSync(): Promise<void>
    leave(): Promise<void>
    /** When the last heartbeat was sent, by the wall clock. */
    lastRequest: number
    heartbeat(options: { readonly interval: number }): Promise<void>
    fetch(nodeId: number): Promise<readonly RawBatch[]>
    assigned(): readonly PartitionsOfTopic[]
    pause(partitions: readonly PartitionsOfTopic[]): void
    commitOffsets(offsets: { readonly topics: readonly OffsetsOfTopic[] }): Promise<void>
  }
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
