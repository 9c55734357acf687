import type { IncomingHttpHeaders } from 'node:http'
import type { Audience } from '@custom-events/event'
import type { Producer } from '@custom-events/kafka'
import { isStrict } from './answer-options.ts'
import { authenticate } from '../auth/auth.ts'
import {
  headBytes,
  inflate,
  isLongBody,
  readBody,
  type BodyBounds,
  type BodyLimits,
} from './body.ts'
import { refuseStrangers } from '../auth/body-key.ts'
import { readEnvelope, readLongEnvelope } from './envelope.ts'
import type { Envelope } from './envelope-parts.ts'
import { announcedBytes, letGo, type Encoding } from './inflate.ts'
import type { IngestRequest } from '../http/messages.ts'
import { Refusal } from '../response/refusal.ts'
import type { Budget, Reservation } from '../admission/budget.ts'
import type { UnusualLoad } from '../admission/garbage.ts'
import { NO_ROOM, PRODUCER_FULL, TOO_MANY_LONG_BODIES } from '../admission/refusals.ts'
import { LONG_BODIES } from '../limits.ts'
import { Slices } from '../admission/slices.ts'
import type { ReleaseSlot } from '../admission/long-body-queue.ts'
import type { Keys } from '../auth/key-file.ts'
import type { WriteKey } from '../auth/write-keys.ts'
import type { SchemaIds } from '../schema/schema-ids.ts'
import type { Lifecycle } from '../server/lifecycle.ts'
import type { IngestSettings } from '../settings.ts'

/** What taking a request works with: whether there is room, who may send, and how much. */
export interface CallParts {
  readonly lifecycle: Lifecycle
  readonly producer: Pick<Producer, 'notReadyReason' | 'isFull' | 'isHalfFull'>
  readonly schemas: Pick<SchemaIds, 'notReadyReason'>
  readonly budget: Budget
  readonly unusual: UnusualLoad
  readonly keys: Keys
  readonly settings: Pick<IngestSettings, 'limits'>
}

/** A request of which only the head is here. */
export interface Arrival {
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

/** Of a long body, one at a time: it yields to short ones, and is over when its records are made. */
export interface Slot {
  readonly slices: Slices
  readonly end: () => void
}

/**
 * Reads the body of a request whose head was taken, and finds its events; then runs `work`, holding the body's bytes against
 * the budget until it is over, and its slot if it is long.
 *
 * @throws {Refusal} @throws {ClientGone}
 */
export async function readCall<T>(
  parts: CallParts,
  limits: BodyLimits,
  arrival: Arrival,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const reservation = parts.budget.open(arrival.key !== null)
  const bounds = { limits, reservation }
  try {
    if (!reservation.take(headBytes(arrival.request))) throw NO_ROOM
    const sent = await readBody(arrival.request, bounds)
    const isShort =
      arrival.key !== null && arrival.encoding === 'identity' && !isLongBody(sent.length, limits)
    const call = isShort
      ? callOf(parts, arrival, sent)
      : await callOfUnusual(parts, arrival, sent, bounds)
    return await work(isOfMany(call) ? await withSlot(parts, arrival, bounds, call) : call)
  } catch (error) {
    // Some refusals are made once for all requests: those tell nothing about a sender.
    const isOwn = error instanceof Refusal && error.loadReason === null
    if (isOwn && !parts.keys.isOff) error.keyName = arrival.key?.name ?? null
    throw error
  } finally {
    reservation.release()
  }
}

function callOf(parts: CallParts, arrival: Arrival, body: Buffer): Call {
  const type = arrival.request.headers['content-type']
  return withEnvelope(parts, arrival, readEnvelope(body, type, parts.settings.limits), null)
}

function callOfUnusual(
  parts: CallParts,
  arrival: Arrival,
  sent: Buffer,
  bounds: BodyBounds,
): Promise<Call> {
  const take = arrival.key === null ? callOfStranger : callOfOther
  return take(parts, arrival, sent, bounds)
}

/** A body of small events takes as long as one of as many usual ones. */
const USUAL_EVENT_BYTES = 350

/** Whether a body that is short has so many events that they wait for the slot of long ones. */
function isOfMany({ envelope, slot }: Call): boolean {
  return slot === null && envelope.events.length > LONG_BODIES.longAboveEvents
}

/** @throws {Refusal} */
async function withSlot(
  parts: CallParts,
  arrival: Arrival,
  { reservation }: BodyBounds,
  call: Call,
): Promise<Call> {
  const bytes = call.envelope.events.length * USUAL_EVENT_BYTES
  const end = await takeSlot(parts, arrival, reservation, bytes)
  return { ...call, slot: slotOf(end, bytes) }
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

function slotOf(end: ReleaseSlot, bytes: number): Slot {
  return { slices: new Slices(), end: () => end(bytes) }
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
  parts.unusual.longBytes += bytes
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
  const slot = slotOf(end, body.length)
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

/** Half of the producer's buffer is out of reach of long bodies: who sends them does not fill it for all others. */
export function isFullFor({ producer }: CallParts, isLong: boolean): boolean {
  return isLong ? producer.isHalfFull : producer.isFull
}
