import type { IncomingMessage } from 'node:http'
import type { Deadlines, Overdue } from './deadlines.ts'
import { inflateBody, type Encoding } from './inflate.ts'
import type { BodySink, IngestRequest } from './messages.ts'
import { ClientGone, Refusal } from './refusal.ts'
import { NO_ROOM, type Reservation } from './shed.ts'

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
 * Reads a request's body as it was sent, never holding more than the limit.
 *
 * @throws {Refusal} 400, 408, 413 or 503. @throws {ClientGone}
 */
export function readBody(request: IngestRequest, bounds: BodyBounds): Promise<Buffer> {
  if (declaredBytes(request) > bounds.limits.maxBodyBytes) throw tooLarge(bounds.limits)
  return new Collector(request, bounds).collect()
}

/**
 * Inflates a body, holding what it becomes against the budget.
 *
 * @param hasTurn there is no other: it need not wait behind those that are inflated to find out how long they are.
 * @throws {Refusal} 400, 413 or 503.
 */
export async function inflate(
  sent: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  hasTurn: boolean,
  { limits, reservation }: BodyBounds,
): Promise<Buffer> {
  const work = (): Promise<Buffer> => inflateBody(sent, encoding, limits.maxBodyBytes)
  const body = await (hasTurn ? work() : reservation.amongFew(work))
  if (body === null || !reservation.take(body.length)) throw NO_ROOM
  return body
}

/** Some 350 usual events: 1 ms in their bytes, 5 ms for the plain way. */
const LONG_BODY_BYTES = 128 * 1_024

/** Whether a body of so many bytes, inflated, is judged in a turn of its own; one that is too large is refused. */
export function isLongBody(bytes: number, { maxBodyBytes }: BodyLimits): boolean {
  return bytes > LONG_BODY_BYTES && bytes <= maxBodyBytes
}

/** Bytes that `Content-Length` announces; 0 when there is none. */
export function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

const NOBODY = (): void => {}
const NOTHING: Buffer = Buffer.alloc(0)

/** One body being read; a class because there is one for each request. */
class Collector implements BodySink, Overdue {
  readonly #request: IngestRequest
  readonly #bounds: BodyBounds
  #resolve: (body: Buffer) => void = NOBODY
  #reject: (reason: Refusal | ClientGone) => void = NOBODY
  /** Most bodies are one chunk. */
  #first = NOTHING
  #chunks: Buffer[] | null = null
  #bytes = 0
  dueAt = 0
  earlier = null
  later = null

  constructor(request: IngestRequest, bounds: BodyBounds) {
    this.#request = request
    this.#bounds = bounds
  }

  collect(): Promise<Buffer> {
    const whole = new Promise<Buffer>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#bounds.deadlines.add(this)
    this.#request.giveBodyTo(this)
    return whole
  }

  onChunk(chunk: Buffer): void {
    const { limits, reservation } = this.#bounds
    this.#bytes += chunk.length
    if (this.#bytes > limits.maxBodyBytes) return this.#fail(tooLarge(limits))
    if (!reservation.take(chunk.length)) return this.#fail(NO_ROOM)
    if (this.#bytes === chunk.length) this.#first = chunk
    else (this.#chunks ??= [this.#first]).push(chunk)
  }

  onEnd(): void {
    this.#bounds.deadlines.remove(this)
    if (this.#bytes === 0) this.#reject(emptyBody())
    else if (this.#chunks === null) this.#resolve(this.#first)
    else this.#resolve(Buffer.concat(this.#chunks, this.#bytes))
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
    this.#first = NOTHING
    this.#chunks = null
    this.#request.giveBodyTo(null)
    this.#request.pause()
    this.#reject(reason)
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
