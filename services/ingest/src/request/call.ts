import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Audience } from '@custom-events/event'
import { isStrict } from './answer-options.ts'
import { authenticate, presentedKey } from '../auth/auth.ts'
import {
  headBytes,
  inflate,
  isLongBody,
  limitsOfStrangers,
  readBody,
  refuseTooLarge,
  type BodyBounds,
  type BodyLimits,
} from './body.ts'
import { declaredBytes } from '../http/framing.ts'
import { refuseStrangers } from '../auth/body-key.ts'
import { isLines, readEnvelope, readLongEnvelope } from './envelope.ts'
import type { Envelope } from './envelope-parts.ts'
import { announcedBytes, encodingFrom, letGo, type Encoding } from './inflate.ts'
import type { IngestRequest, IngestResponse } from '../http/messages.ts'
import type { CallParts } from './call-parts.ts'
import { Refusal } from '../response/refusal.ts'
import type { Reservation } from '../admission/byte-budget.ts'
import {
  NO_ROOM,
  PRODUCER_FULL,
  refusalForLoad,
  TOO_MANY_LONG_BODIES,
} from '../admission/refusals.ts'
import { Slices } from '../admission/slices.ts'
import type { ReleaseSlot } from '../admission/long-body-queue.ts'
import type { WriteKey } from '../auth/write-keys.ts'

/** Of a long body, one at a time: it yields to short ones, and is over when its records are made. */
export interface Slot {
  readonly slices: Slices
  readonly end: () => void
}

/** A request that was taken: whose it is, and the events of its body. */
export interface Call {
  readonly requestId: string
  readonly key: WriteKey
  /** Of the path that it came by. */
  readonly audience: Audience
  /** Our clock at the door, in milliseconds since the epoch. */
  readonly receivedAt: number
  readonly isStrict: boolean
  readonly headers: IncomingHttpHeaders
  readonly envelope: Envelope
  readonly slot?: Slot | null
}

/** What a path asks of the requests it takes. */
export interface Endpoint {
  readonly audience: Audience
  /** Whether its events go to Kafka, so that it is of no use while Kafka is away. */
  readonly needsKafka: boolean
  /** Of bodies whose write key is inside them. */
  readonly strangerLimits: BodyLimits
}

type NewEndpoint = Pick<Endpoint, 'audience' | 'needsKafka'>

export function openEndpoint({ settings: { limits } }: CallParts, endpoint: NewEndpoint): Endpoint {
  return { ...endpoint, strangerLimits: limitsOfStrangers(limits) }
}

/**
 * Takes a request: refuses it where load speaks against it, asks for the key, reads the body and finds its events; then runs
 * `work`, holding the body's bytes against the budget until it is over, and its slot if it is long.
 * What is refused by its head is refused in the same turn of the loop: who expects 100-continue is not told to go on.
 *
 * @throws {Refusal} @throws {ClientGone} Either may also be what the promise ends with.
 */
export function takeCall(
  parts: CallParts,
  endpoint: Endpoint,
  request: IngestRequest,
  response: IngestResponse,
  work: (call: Call) => Promise<void>,
): Promise<void> {
  refuseForLoad(parts, endpoint, request)
  const arrival = arrive(parts, endpoint, request, response)
  const limits = arrival.key === null ? endpoint.strangerLimits : parts.settings.limits
  refuseTooLarge(request, limits)
  return readCall(parts, limits, arrival, work)
}

async function readCall(
  parts: CallParts,
  limits: BodyLimits,
  arrival: Arrival,
  work: (call: Call) => Promise<void>,
): Promise<void> {
  const reservation = parts.budget.open(arrival.key !== null)
  const bounds = { limits, reservation }
  try {
    if (!reservation.take(headBytes(arrival.request))) throw NO_ROOM
    const sent = await readBody(arrival.request, bounds)
    if (arrival.key === null) return await work(await callOfStranger(parts, arrival, sent, bounds))
    const isShort = arrival.encoding === 'identity' && !isLongBody(sent.length, limits)
    await work(
      isShort ? callOf(parts, arrival, sent) : await callOfOther(parts, arrival, sent, bounds),
    )
  } catch (error) {
    // Some refusals are made once for all requests: those tell nothing about a sender.
    const isOwn = error instanceof Refusal && error.loadReason === null
    if (isOwn && !parts.keys.isOff) error.keyName = arrival.key?.name ?? null
    throw error
  } finally {
    reservation.release()
  }
}

/** A request of which only the head is here. */
interface Arrival {
  readonly request: IngestRequest
  readonly audience: Audience
  readonly needsKafka: boolean
  readonly requestId: string
  readonly receivedAt: number
  /** `null`: it is in the body. */
  readonly key: WriteKey | null
  /** What looked like the key in the bytes of the body, and is one that we know. */
  readonly keyInBytes: string | null
  readonly encoding: Encoding
}

/** @throws {Refusal} when the key in the head is not good, or the body is encoded in no way that we know. */
function arrive(
  { keys }: CallParts,
  { audience, needsKafka }: Endpoint,
  request: IngestRequest,
  { requestId }: IngestResponse,
): Arrival {
  const receivedAt = Date.now()
  const presented = presentedKey(request, audience)
  const { headers } = request
  const isKeyInBody =
    presented === null && audience === 'sdk' && !keys.isOff && !isLines(headers['content-type'])
  const key = isKeyInBody ? null : authenticate(presented, headers.origin, keys)
  const encoding = encodingFrom(headers['content-encoding'])
  if (isKeyInBody && encoding === 'br') throw noBrotli()
  const asked = { request, audience, needsKafka, requestId, receivedAt }
  return { ...asked, key, keyInBytes: null, encoding }
}

/** A few bytes of brotli have its decoder fill megabytes before the first of them comes out. */
function noBrotli(): Refusal {
  const detail = 'brotli is read only when the write key is in a header; use gzip, deflate or none'
  return new Refusal('unsupported_encoding', detail, {
    headers: { 'Accept-Encoding': 'gzip, deflate' },
  })
}

function callOf(parts: CallParts, arrival: Arrival, body: Buffer): Call {
  const type = arrival.request.headers['content-type']
  return withEnvelope(parts, arrival, readEnvelope(body, type, parts.settings.limits), null)
}

/** Of a body whose write key is inside it. It is read only when that is found. @throws {Refusal} */
async function callOfStranger(
  parts: CallParts,
  arrival: Arrival,
  sent: Buffer,
  bounds: BodyBounds,
): Promise<Call> {
  const { encoding, request } = arrival
  const body = encoding === 'identity' ? sent : await inflate(sent, encoding, false, bounds)
  const keyInBytes = foundKey(parts, request, body, encoding)
  bounds.reservation.becomeKnown()
  return callOfInflated(parts, { ...arrival, keyInBytes }, body, bounds)
}

/** @throws {Refusal} when there is none that we know; then nobody will look at the body again. */
function foundKey(
  { keys }: CallParts,
  { headers }: IngestRequest,
  body: Buffer,
  encoding: Encoding,
): string | null {
  try {
    return refuseStrangers(body, headers.origin, keys)
  } catch (refusal) {
    if (encoding !== 'identity') letGo(body)
    throw refusal
  }
}

async function callOfInflated(
  parts: CallParts,
  arrival: Arrival,
  body: Buffer,
  { limits, reservation }: BodyBounds,
): Promise<Call> {
  if (!isLongBody(body.length, limits)) return callOf(parts, arrival, body)
  const end = await takeSlot(parts, arrival, reservation, body.length)
  return callOfLong(parts, arrival, body, end)
}

/**
 * Of a body that is long or inflated. A long one waits for its slot as it was sent: inflated it would take more room,
 * and be out of the processor's caches. One that does not say how long it is waits when that is known.
 *
 * @throws {Refusal}
 */
async function callOfOther(
  parts: CallParts,
  arrival: Arrival,
  sent: Buffer,
  bounds: BodyBounds,
): Promise<Call> {
  const { encoding } = arrival
  const { limits, reservation } = bounds
  const announced = announcedBytes(sent, encoding)
  const early = isLongBody(announced, limits)
    ? await takeSlot(parts, arrival, reservation, announced)
    : null
  const body =
    encoding === 'identity' ? sent : await inflate(sent, encoding, early !== null, bounds)
  const isAsAnnounced = early !== null && body.length <= announced
  if (isAsAnnounced) return callOfLong(parts, arrival, body, early)
  early?.() // it waited as if it were shorter
  return callOfInflated(parts, arrival, body, bounds)
}

/** @throws {Refusal} when too many wait, or what those before it brought waits for Kafka. */
async function takeSlot(
  parts: CallParts,
  { needsKafka }: Arrival,
  reservation: Reservation,
  bytes: number,
): Promise<ReleaseSlot> {
  const end = await reservation.takeSlot(bytes)
  if (end === null) throw TOO_MANY_LONG_BODIES
  if (needsKafka && isFullFor(parts, true)) throw PRODUCER_FULL
  return end
}

/** @throws {Refusal} */
async function callOfLong(
  parts: CallParts,
  arrival: Arrival,
  body: Buffer,
  end: ReleaseSlot,
): Promise<Call> {
  const slot = { slices: new Slices(), end: () => end(body.length) }
  const type = arrival.request.headers['content-type']
  const { limits } = parts.settings
  const envelope = await readLongEnvelope(body, type, limits, slot.slices)
  return withEnvelope(parts, arrival, envelope, slot)
}

function withEnvelope(
  { keys }: CallParts,
  { request, audience, requestId, receivedAt, key, keyInBytes }: Arrival,
  envelope: Envelope,
  slot: Slot | null,
): Call {
  const { headers } = request
  const presented = envelope.isUnread === true ? keyInBytes : envelope.key
  return {
    requestId,
    key: key ?? authenticate(presented, headers.origin, keys),
    audience,
    receivedAt,
    isStrict: isStrict(request),
    headers,
    envelope,
    slot,
  }
}

/** Before a byte of the body is read. @throws {Refusal} */
function refuseForLoad(parts: CallParts, { needsKafka }: Endpoint, request: IncomingMessage): void {
  const { limits } = parts.settings
  const declared = declaredBytes(request)
  const isLong = isLongBody(declared, limits)
  const refusal = refusalForLoad({
    isDraining: parts.lifecycle.isDraining,
    kafkaReason: needsKafka ? parts.producer.notReadyReason : null,
    schemaReason: needsKafka ? parts.schemas.notReadyReason : null,
    isProducerFull: needsKafka && isFullFor(parts, isLong),
    hasRoom: parts.budget.fits(Math.min(declared, limits.maxBodyBytes)),
    isLongBodyQueueFull: isLong && parts.budget.isLongBodyQueueFull,
  })
  if (refusal !== null) throw refusal
}

/** Half of the producer's buffer is out of reach of long bodies: who sends them does not fill it for all others. */
function isFullFor({ producer }: CallParts, isLong: boolean): boolean {
  return isLong ? producer.isHalfFull : producer.isFull
}
