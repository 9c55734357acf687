// kafkajs has no types for its internals; what is used of them is declared here and pinned by tests.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { ExchangeQueue, QueuedRequest } from '../authentication/keep-exchanges-apart.ts'
  import type { RequestQueueState } from './request-queue-timer.ts'

  const RequestQueue: {
    readonly prototype: {
      push: (this: ExchangeQueue, request: QueuedRequest) => void
      sendSocketRequest: (this: ExchangeQueue, request: QueuedRequest) => void
      scheduleCheckPendingRequests: (this: RequestQueueState) => void
      scheduleRequestTimeoutCheck: (this: RequestQueueState) => void
      canSendSocketRequestImmediately: (this: RequestQueueState) => boolean
      maybeThrottle: (this: RequestQueueState, throttleMs: number | null | undefined) => void
    }
  }
  export default RequestQueue
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'

  export default function createSocketFactory(): ISocketFactory
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    readonly buffer: Buffer
    writeBufferInternal(bytes: Buffer): void
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  export const errorCodes: readonly {
    readonly type: string
    readonly code: number
    readonly retriable: boolean
  }[]
  /** Whether another attempt may succeed, and its name, are in a table of kafkajs. */
  export function createErrorFromCode(
    code: number,
  ): Error & { readonly type: string; readonly code: number; readonly retriable: boolean }
}

declare module 'kafkajs/src/protocol/requests/produce/v7/request.js' {
  import type { OutgoingRecord } from '../records.ts'

  export interface EncodableRequest {
    encode(): Promise<{ readonly buffer: Buffer }>
  }

  export default function produceV7(options: {
    readonly acks: number
    readonly timeout: number
    readonly topicData: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly messages: readonly OutgoingRecord[]
      }[]
    }[]
  }): EncodableRequest
}

declare module 'kafkajs/src/protocol/request.js' {
  import type { EncodableRequest } from 'kafkajs/src/protocol/requests/produce/v7/request.js'

  export default function createRequest(options: {
    readonly correlationId: number
    readonly clientId: string
    readonly request: EncodableRequest
  }): Promise<{ readonly buffer: Buffer }>
}

declare module 'kafkajs/src/network/connection.js' {
  import type { ISocketFactory } from 'kafkajs'
  import type { SessionState } from '../authentication/keep-sessions.ts'
  import type { ConnectionState } from './sound-connections.ts'

  interface Options {
    readonly host: string
    readonly port: number
    readonly clientId: string
    readonly logger: object
    readonly socketFactory: ISocketFactory
    readonly requestTimeout: number
    readonly connectionTimeout: number
    readonly sasl: object
  }
  interface Made {
    setVersions(
      versions: Readonly<
        Record<number, { readonly minVersion: number; readonly maxVersion: number }>
      >,
    ): void
    setSupportAuthenticationProtocol(isSupported: boolean): void
    connect(): Promise<unknown>
    disconnect(): Promise<unknown>
  }
  const Connection: {
    readonly prototype: {
      isAuthenticated: (this: SessionState) => boolean
      connect: (this: ConnectionState) => Promise<unknown>
    }
    // oxlint-disable-next-line typescript/consistent-type-imports -- relative imports mean nothing in an ambient module
    new (options: Options): import('./kafkajs-cluster.ts').KafkaJsConnection & Made
  }
  export default Connection
}

declare module 'kafkajs/src/broker/saslAuthenticator/index.js' {
  import type { SessionState } from '../authentication/keep-sessions.ts'
  import type { RequestQueueState } from './request-queue-timer.ts'

  export default class SaslAuthenticator {
    readonly connection: Pick<SessionState, 'authenticatedAt'> & {
      readonly sasl: object
      readonly socket: unknown
      readonly requestQueue: RequestQueueState
      rejectRequests(error: unknown): void
      disconnect(): Promise<unknown>
    }
    authenticate(): Promise<void>
  }
}

declare module 'kafkajs/src/protocol/sasl/oauthBearer/index.js' {
  const oauthBearer: {
    request(
      options: object,
      token: { readonly value: string; readonly extensions: Readonly<Record<string, string>> },
    ): Promise<{ encode(): Promise<Buffer> }>
  }
  export default oauthBearer
}
