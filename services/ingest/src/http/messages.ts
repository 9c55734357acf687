import { randomUUID } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'
import { parametersOf } from './url.ts'

/** Takes the body of a request, chunk by chunk, in the turn of the event loop in which it arrives. */
export interface BodySink {
  onChunk(bytes: Buffer): void
  onEnd(): void
  /** The connection was closed before the end. */
  onGone(): void
}

/** A request as our server makes it. */
export interface IngestRequest extends IncomingMessage {
  /** Hands what comes of the body to `sink` until the end, or (`null`) to the stream again. */
  giveBodyTo(sink: BodySink | null): void
  /** A sink has had the whole body. */
  readonly isBodyTaken: boolean
  /** Of its URL, which is taken apart once; `null` when it has none, as most. */
  readonly parameters: URLSearchParams | null
}

/** A response as our server makes it, with what every answer needs to know of its request. */
export interface IngestResponse extends ServerResponse {
  requestId: string
  /** By `performance.now()`. */
  startedAt: number
  /** When an answer was ready that is held back as it was asked to be; `null`: none was. */
  heldBackAt: number | null
  /** The origin whose page may read the answer. */
  allowedOrigin: string | null
  /** The head as Node will write it; `null` before `writeHead`, which setting it takes the place of. */
  headText: string | null
  /** Its answer was written, which is large and its own. */
  noteLarge(): void
}

export interface Messages {
  readonly IncomingMessage: typeof IncomingMessage
  readonly ServerResponse: typeof ServerResponse<IncomingMessage>
}

/**
 * The classes that the HTTP server makes requests and responses of.
 *
 * Express replaces the prototype of each, which costs V8 everything it has learnt about them. These
 * already have the prototype that it sets.
 *
 * A body that is read as a stream passes through a buffer, three events and four turns of the queue
 * of ticks. The parser hands it over with `push`, and here that leads straight to whoever reads it.
 *
 * @param onLarge told of every response whose large answer was written.
 */
export function createMessages(
  app: Express,
  onLarge: (response: ServerResponse) => void,
): Messages {
  class Request extends IncomingMessage implements IngestRequest {
    #sink: BodySink | null = null
    #parameters: URLSearchParams | null = null
    isBodyTaken = false

    get parameters(): URLSearchParams | null {
      return (this.#parameters ??= parametersOf(this.url))
    }

    giveBodyTo(sink: BodySink | null): void {
      this.#sink = sink
      if (sink === null) return
      this.read(0) // nothing, but for Node the body is being read; else it would resume the stream, in vain
      // Normally there is nothing yet: the parser is still busy with the headers.
      for (let chunk = this.#read(); chunk !== null; chunk = this.#read()) sink.onChunk(chunk)
      if (this.complete && this.#sink !== null) this.#end(sink)
    }

    override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
      const sink = this.#sink
      if (sink === null) return super.push(chunk, encoding)
      if (chunk === null) this.#end(sink)
      else sink.onChunk(chunk)
      return true
    }

    override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
      const sink = this.#sink
      this.#sink = null
      sink?.onGone()
      // oxlint-disable-next-line no-underscore-dangle -- Node's name
      super._destroy(error, callback)
    }

    #read(): Buffer | null {
      if (this.#sink === null || this.readableLength === 0) return null
      const chunk: unknown = this.read()
      return Buffer.isBuffer(chunk) ? chunk : null
    }

    #end(sink: BodySink): void {
      this.#sink = null
      this.isBodyTaken = true
      sink.onEnd()
      // Of a body that was read after its answer: Node lets go of the request only then.
      this.emit('end')
    }
  }

  class Response extends ServerResponse implements IngestResponse {
    requestId = ''
    startedAt = 0
    heldBackAt: number | null = null
    allowedOrigin: string | null = null
    /** Where Node keeps the head until it goes out together with the body. */
    declare protected _header: string | null

    get headText(): string | null {
      // oxlint-disable-next-line no-underscore-dangle -- Node's name
      return this._header
    }

    set headText(text: string) {
      // oxlint-disable-next-line no-underscore-dangle -- Node's name
      this._header = text
    }

    noteLarge(): void {
      onLarge(this)
    }
  }

  // For Node a body that a sink has had is read to its end. (An accessor there; a field in the types.)
  Object.defineProperty(Request.prototype, 'readableEnded', {
    get(this: Request): boolean {
      return this.isBodyTaken || Reflect.get(IncomingMessage.prototype, 'readableEnded', this)
    },
  })
  Object.setPrototypeOf(Request.prototype, app.request)
  Object.setPrototypeOf(Response.prototype, app.response)
  Object.assign(app, { request: Request.prototype, response: Response.prototype })
  return { IncomingMessage: Request, ServerResponse: Response }
}

/** Bytes that `Content-Length` announces; 0 when there is none. */
export function declaredBytes({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0)
}

const ACCEPTABLE_ID = /^[\w.-]{1,128}$/

/** The client's own id for the request if it can be echoed safely, else a new UUIDv4. */
export function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && ACCEPTABLE_ID.test(header) ? header : randomUUID()
}

/** The server makes every request and response of `messages`; Express and Node only know their parents. */
export function ours(request: IncomingMessage): IngestRequest
export function ours(response: ServerResponse): IngestResponse
export function ours(message: object): object {
  return message
}
