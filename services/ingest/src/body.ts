import type { IncomingMessage } from 'node:http'
import type { Deadlines, Overdue } from './deadlines.ts'
import { encodingFrom, inflateBody } from './inflate.ts'
import type { BodySink, IngestRequest } from './messages.ts'
import { ClientGone, Refusal } from './refusal.ts'
import type { Reservation } from './shed.ts'

export interface BodyLimits {
  /** On the bytes sent and on the bytes after inflating. */
  readonly maxBodyBytes: number
  /** From the end of the headers to the end of the body. */
  readonly bodyTimeoutMs: number
}

/** What reading a body is bounded by. */
export interface BodyBounds {
  readonly limits: BodyLimits
  /** Of `limits.bodyTimeoutMs`. */
  readonly deadlines: Deadlines
  /** Pays for every byte while it is held. */
  readonly reservation: Reservation
}

/**
 * Reads a request's body, inflated, never holding more than the limit.
 *
 * @throws {Refusal} 400, 408, 413, 415 or 503. @throws {ClientGone}
 */
export function readBody(request: IngestRequest, bounds: BodyBounds): Promise<Buffer> {
  const encoding = encodingFrom(request.headers['content-encoding'])
  if (declaredBytes(request) > bounds.limits.maxBodyBytes) throw tooLarge(bounds.limits)
  const sent = collect(request, bounds)
  return encoding === 'identity' ? sent : inflate(sent, encoding, bounds)
}

async function inflate(
  sent: Promise<Buffer>,
  encoding: Exclude<ReturnType<typeof encodingFrom>, 'identity'>,
  { limits, reservation }: BodyBounds,
): Promise<Buffer> {
  const bytes = await sent
  const body = await reservation.inTurn(() => inflateBody(bytes, encoding, limits.maxBodyBytes))
  if (body === null || !reservation.take(body.length)) throw noRoom()
  return body
}

/** Bytes that `Content-Length` announces; 0 when there is none. */
export function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

function collect(request: IngestRequest, bounds: BodyBounds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(request, bounds, { resolve, reject })
    bounds.deadlines.add(collector)
    request.giveBodyTo(collector)
  })
}

interface Settle {
  readonly resolve: (body: Buffer) => void
  readonly reject: (reason: Refusal | ClientGone) => void
}

/** One body being read; a class because there is one for each request. */
class Collector implements BodySink, Overdue {
  readonly #request: IngestRequest
  readonly #bounds: BodyBounds
  readonly #settle: Settle
  #chunks: Buffer[] = []
  #bytes = 0
  dueAt = 0

  constructor(request: IngestRequest, bounds: BodyBounds, settle: Settle) {
    this.#request = request
    this.#bounds = bounds
    this.#settle = settle
  }

  onChunk(chunk: Buffer): void {
    const { limits, reservation } = this.#bounds
    this.#bytes += chunk.length
    if (this.#bytes > limits.maxBodyBytes) return this.#fail(tooLarge(limits))
    if (!reservation.take(chunk.length)) return this.#fail(noRoom())
    this.#chunks.push(chunk)
  }

  onEnd(): void {
    this.#bounds.deadlines.remove(this)
    if (this.#bytes === 0) return this.#settle.reject(emptyBody())
    const [only] = this.#chunks
    const isWhole = only !== undefined && this.#chunks.length === 1
    this.#settle.resolve(isWhole ? only : Buffer.concat(this.#chunks, this.#bytes))
  }

  onGone(): void {
    this.#fail(new ClientGone())
  }

  onOverdue(): void {
    this.#fail(stalled(this.#bounds.limits))
  }

  /** What still comes waits in the stream until the answer decides about it. */
  #fail(reason: Refusal | ClientGone): void {
    this.#bounds.deadlines.remove(this)
    this.#chunks = []
    this.#request.giveBodyTo(null)
    this.#request.pause()
    this.#settle.reject(reason)
  }
}

function tooLarge({ maxBodyBytes }: BodyLimits): Refusal {
  return new Refusal('body_too_large', `a body may have at most ${maxBodyBytes} bytes`)
}

function emptyBody(): Refusal {
  return new Refusal('empty_body', 'the body is empty')
}

function stalled({ bodyTimeoutMs }: BodyLimits): Refusal {
  return new Refusal('body_timeout', `the body was not complete after ${bodyTimeoutMs} ms`)
}

function noRoom(): Refusal {
  return new Refusal('overloaded', 'too many bodies are being read at once; nothing was taken')
}
