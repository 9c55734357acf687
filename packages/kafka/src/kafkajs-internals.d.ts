// kafkajs has no types for its internals; what is used of them is declared here and pinned by tests.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { RequestQueueState } from './request-queue-timer.ts'

  const RequestQueue: {
    readonly prototype: {
      scheduleCheckPendingRequests: (this: RequestQueueState) => void
      scheduleRequestTimeoutCheck: (this: RequestQueueState) => void
      canSendSocketRequestImmediately: (this: RequestQueueState) => boolean
      maybeThrottle: (this: RequestQueueState, throttleMs: number | null) => void
    }
  }
  export default RequestQueue
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'

  export default function createSocketFactory(): ISocketFactory
}
