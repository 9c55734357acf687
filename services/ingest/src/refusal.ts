import type { RequestCode } from '@custom-events/event'
import type { EventResult } from './answers.ts'

interface RefusalOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** What became of each event, when the body could be read. */
  readonly results?: readonly EventResult[]
  readonly cause?: unknown
}

/** Thrown when a request cannot go on; answered in one place, by the app's error handler. */
export class Refusal extends Error {
  readonly code: RequestCode
  readonly headers: Readonly<Record<string, string>>
  readonly results: readonly EventResult[]

  /** @param detail told to the client: no values of others, no library's text. */
  constructor(code: RequestCode, detail: string, options: RefusalOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.headers = options.headers ?? {}
    this.results = options.results ?? []
  }
}

/** Thrown when the client went away while its body was read: nobody is left to answer. */
export class ClientGone extends Error {
  constructor() {
    super('the client closed the connection before its body was complete')
    this.name = 'ClientGone'
  }
}
