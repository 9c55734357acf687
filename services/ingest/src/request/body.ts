import type { IncomingMessage } from 'node:http'
import { isAbsurdlyCut, MIN_CHUNK_BYTES } from '../http/framing.ts'
import { inflateBody, type Encoding } from './inflate.ts'
import { declaredBytes, type BodySink, type IngestRequest } from '../http/messages.ts'
import { ClientGone, Refusal } from '../response/refusal.ts'
import type { Reservation } from '../admission/budget.ts'
import { NO_ROOM } from '../admission/refusals.ts'
import { LONG_BODIES, STRANGERS } from '../limits.ts'

export interface BodyLimits {
  /** On the bytes sent and on the bytes after inflating. */
  readonly maxBodyBytes: number
  /** On the bytes after inflating, where fewer. @default `maxBodyBytes` */
  readonly maxInflatedBytes?: number
  /** On how many times as long a body may become by inflating. @default any */
  readonly maxRatio?: number
  /** From the end of the headers to the end of the body. */
  readonly bodyTimeoutMs: number
}

/** What reading a body is bounded by. */
export interface BodyBounds {
  readonly limits: BodyLimits
  /** Pays for every byte while it is held. */
  readonly reservation: Reservation
}

/** The limits of bodies whose write key is inside them. */
export function limitsOfStrangers<L extends BodyLimits>(limits: L): L {
  const maxBodyBytes = Math.min(limits.maxBodyBytes, STRANGERS.maxBodyBytes)
  const maxInflatedBytes = Math.min(limits.maxBodyBytes, STRANGERS.maxInflatedBytes)
  return { ...limits, maxBodyBytes, maxInflatedBytes, maxRatio: STRANGERS.maxRatio }
}

/**
 * Refuses a body for the length that it announces.
 *
 * @throws {Refusal} 413
 */
export function refuseTooLarge(request: IngestRequest, limits: BodyLimits): void {
  if (declaredBytes(request) > limits.maxBodyBytes) throw tooLarge(limits)
}

/**
 * Reads a request's body as it was sent, never holding more than the limit. What announces more than that is refused
 * before, by `refuseTooLarge`.
 *
 * @throws {Refusal} 400, 408, 413 or 503. @throws {ClientGone}
 */
export function readBody(request: IngestRequest, bounds: BodyBounds): Promise<Buffer> {
  return new Collector(request, bounds).collect()
}

/**
 * Inflates a body, holding what it becomes against the budget.
 *
 * @param hasSlot it holds the slot of long bodies, which only one can: it need not wait behind those that are
 * inflated to find out how long they are.
 * @throws {Refusal} 400, 413 or 503.
 */
export async function inflate(
  sent: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  hasSlot: boolean,
  { limits, reservation }: BodyBounds,
): Promise<Buffer> {
  const { maxBodyBytes, maxInflatedBytes = maxBodyBytes, maxRatio = Infinity } = limits
  const bounds = {
    maxBytes: Math.min(maxInflatedBytes, maxRatio * sent.length),
    tooLarge: () => tooLarge({ ...limits, maxBodyBytes: maxInflatedBytes }, ` after ${encoding}`),
  }
  const work = (): Promise<Buffer> => inflateBody(sent, encoding, bounds)
  const body = await (hasSlot ? work() : reservation.withSemaphore(work))
  if (body === null || !reservation.take(body.length)) throw NO_ROOM
  return body
}

/** Whether a body of so many bytes, inflated, waits for the slot of long bodies; one that is too large is refused. */
export function isLongBody(bytes: number, { maxBodyBytes }: BodyLimits): boolean {
  return bytes > LONG_BODIES.longAboveBytes && bytes <= maxBodyBytes
}

/** Node's objects for a request and its response, and ours. */
const REQUEST_BYTES = 4_096

/** What a request holds before any of its body is here, in bytes. */
export function headBytes({ rawHeaders }: IncomingMessage): number {
  let bytes = REQUEST_BYTES
  for (const text of rawHeaders) bytes += text.length
  return bytes
}

const NOBODY = (): void => {}
const NOTHING: Buffer = Buffer.alloc(0)
/** Of a body that is more than one chunk. */
const MIN_ROOM_BYTES = 4_096

/** One body being read; a class because there is one for each request. */
class Collector implements BodySink {
  readonly #request: IngestRequest
  readonly #bounds: BodyBounds
  #resolve: (body: Buffer) => void = NOBODY
  #reject: (reason: Refusal | ClientGone) => void = NOBODY
  /** Most bodies are one chunk. Those of more are copied together as they come: a chunk is an object, too. */
  #body = NOTHING
  #bytes = 0
  #pieces = 0
  readonly #overdue: NodeJS.Timeout

  constructor(request: IngestRequest, bounds: BodyBounds) {
    this.#request = request
    this.#bounds = bounds
    this.#overdue = setTimeout(giveUp, bounds.limits.bodyTimeoutMs, this).unref()
  }

  collect(): Promise<Buffer> {
    const whole = new Promise<Buffer>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#request.giveBodyTo(this)
    return whole
  }

  onChunk(chunk: Buffer): void {
    const { limits, reservation } = this.#bounds
    const before = this.#bytes
    this.#bytes += chunk.length
    this.#pieces += 1
    if (this.#bytes > limits.maxBodyBytes) return this.#fail(tooLarge(limits))
    if (this.#pieces === 1) {
      if (!reservation.take(chunk.length)) return this.#fail(NO_ROOM)
      this.#body = chunk
      return
    }
    if (this.#isAbsurd()) return this.#fail(badFraming())
    if (!this.#makeRoom(before)) return this.#fail(NO_ROOM)
    chunk.copy(this.#body, before)
  }

  /** Of bodies in chunks only: how a body of known length is cut is the network's doing. */
  #isAbsurd(): boolean {
    if (!isAbsurdlyCut(this.#bytes, this.#pieces)) return false
    return this.#request.headers['transfer-encoding'] !== undefined
  }

  /** Twice as much each time, so that little is copied; never for what was only announced. */
  #makeRoom(before: number): boolean {
    const { limits, reservation } = this.#bounds
    const has = this.#body.length
    if (this.#bytes <= has) return true
    const most = declaredBytes(this.#request) || limits.maxBodyBytes
    const room = Math.max(this.#bytes, Math.min(most, Math.max(MIN_ROOM_BYTES, 2 * this.#bytes)))
    if (!reservation.take(room - has)) return false
    const body = Buffer.allocUnsafeSlow(room) // not of the pool: it may be kept for long
    this.#body.copy(body, 0, 0, before)
    this.#body = body
    return true
  }

  onEnd(): void {
    clearTimeout(this.#overdue)
    if (this.#bytes === 0) this.#reject(emptyBody())
    else if (this.#bytes === this.#body.length) this.#resolve(this.#body)
    else this.#resolve(this.#body.subarray(0, this.#bytes))
  }

  onGone(): void {
    this.#fail(new ClientGone())
  }

  onOverdue(): void {
    this.#fail(stalled(this.#bounds.limits))
  }

  /** What still comes waits in the stream until the answer decides about it. */
  #fail(reason: Refusal | ClientGone): void {
    clearTimeout(this.#overdue)
    this.#body = NOTHING
    this.#request.giveBodyTo(null)
    this.#request.pause()
    this.#reject(reason)
  }
}

function giveUp(body: Collector): void {
  body.onOverdue()
}

function tooLarge({ maxBodyBytes, maxRatio }: BodyLimits, after = ''): Refusal {
  const most = `a body may have at most ${maxBodyBytes} bytes${after}`
  const detail =
    maxRatio === undefined
      ? most
      : `${most}, and ${maxRatio} times what was sent, while its write key is inside it: send the key in a header`
  return new Refusal('body_too_large', detail)
}

function badFraming(): Refusal {
  const detail = `the chunks of the body have fewer than ${MIN_CHUNK_BYTES} bytes on average`
  return new Refusal('bad_framing', detail)
}

function emptyBody(): Refusal {
  return new Refusal('empty_body', 'the body is empty')
}

function stalled({ bodyTimeoutMs }: BodyLimits): Refusal {
  return new Refusal('body_timeout', `the body was not complete after ${bodyTimeoutMs} ms`)
}
