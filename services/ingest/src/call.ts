import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isStrict } from './answer-options.ts'
import type { Audience } from './audience.ts'
import { authenticate, presentedKey } from './auth.ts'
import { declaredBytes, inflate, isLongBody, readBody } from './body.ts'
import { createDeadlines, type Deadlines } from './deadlines.ts'
import { readEnvelope, readLongEnvelope, type Envelope } from './envelope.ts'
import { announcedBytes, encodingFrom } from './inflate.ts'
import type { IngestRequest, IngestResponse } from './messages.ts'
import type { IngestParts } from './parts.ts'
import { CROWDED, shedFor, type Reservation } from './shed.ts'
import { Slices } from './slices.ts'
import type { EndTurn } from './turns.ts'
import type { WriteKey } from './write-keys.ts'

/** Of a long body, one at a time: it gives way to short ones, and is over when its records are made. */
export interface Turn {
  readonly slices: Slices
  readonly end: EndTurn
}

/** A request that was taken: whose it is, and the events of its body. */
export interface Call {
  readonly requestId: string
  readonly key: WriteKey
  /** Our clock at the door, in milliseconds since the epoch. */
  readonly receivedAt: number
  readonly isStrict: boolean
  readonly headers: IncomingHttpHeaders
  readonly envelope: Envelope
  readonly turn?: Turn | null
}

/** What a path asks of the requests it takes. */
export interface Door {
  readonly audience: Audience
  /** Whether its events go to Kafka, so that it is of no use while Kafka is away. */
  readonly needsKafka: boolean
  /** Of the bodies that are being read. */
  readonly deadlines: Deadlines
}

export function openDoor(parts: IngestParts, door: Omit<Door, 'deadlines'>): Door {
  return { ...door, deadlines: createDeadlines(parts.settings.limits.bodyTimeoutMs) }
}

/**
 * Takes a request: sheds load, asks for the key, reads the body and finds its events; then runs
 * `work`, holding the body's bytes against the budget until it is over, and its turn if it is long.
 *
 * @throws {Refusal} @throws {ClientGone}
 */
export async function takeCall(
  parts: IngestParts,
  door: Door,
  request: IngestRequest,
  response: IngestResponse,
  work: (call: Call) => Promise<void>,
): Promise<void> {
  shedLoad(parts, door, request)
  const arrival = arrive(parts, door, request, response)
  const encoding = encodingFrom(request.headers['content-encoding'])
  const { limits } = parts.settings
  const reservation = parts.budget.open()
  const bounds = { limits, deadlines: door.deadlines, reservation }
  try {
    const sent = await readBody(request, bounds)
    const announced = announcedBytes(sent, encoding)
    // Long bodies wait as they were sent: inflated they would take more room, and be out of the processor's caches.
    const early = isLongBody(announced, limits) ? await takeTurn(reservation, announced) : null
    const body = encoding === 'identity' ? sent : await inflate(sent, encoding, bounds)
    const isLate = early === null && isLongBody(body.length, limits)
    const end = isLate ? await takeTurn(reservation, body.length) : early
    await work(
      end === null ? callOf(parts, arrival, body) : await callOfLong(parts, arrival, { body, end }),
    )
  } finally {
    reservation.release()
  }
}

/** A request of which only the head is here. */
interface Arrival {
  readonly request: IngestRequest
  readonly requestId: string
  readonly receivedAt: number
  /** `null`: it is in the body. */
  readonly key: WriteKey | null
}

/** @throws {Refusal} when the key in the head is not good. */
function arrive(
  { keys }: IngestParts,
  { audience }: Door,
  request: IngestRequest,
  { requestId }: IngestResponse,
): Arrival {
  const receivedAt = Date.now()
  const presented = presentedKey(request, audience)
  const isKeyInBody = presented === null && audience === 'sdk'
  const key = isKeyInBody ? null : authenticate(presented, request.headers.origin, keys)
  return { request, requestId, receivedAt, key }
}

function callOf(parts: IngestParts, arrival: Arrival, body: Buffer): Call {
  const type = arrival.request.headers['content-type']
  return withEnvelope(parts, arrival, readEnvelope(body, type, parts.settings.limits), null)
}

/** @throws {Refusal} */
async function callOfLong(
  parts: IngestParts,
  arrival: Arrival,
  { body, end }: { readonly body: Buffer; readonly end: EndTurn },
): Promise<Call> {
  const turn = { slices: new Slices(), end }
  const type = arrival.request.headers['content-type']
  const { limits } = parts.settings
  const envelope = await readLongEnvelope(body, type, limits, turn.slices)
  return withEnvelope(parts, arrival, envelope, turn)
}

/** @throws {Refusal} when too many wait. */
async function takeTurn(reservation: Reservation, bytes: number): Promise<EndTurn> {
  const end = await reservation.takeTurn(bytes)
  if (end === null) throw CROWDED
  return end
}

function withEnvelope(
  { keys }: IngestParts,
  { request, requestId, receivedAt, key }: Arrival,
  envelope: Envelope,
  turn: Turn | null,
): Call {
  const { headers } = request
  return {
    requestId,
    key: key ?? authenticate(envelope.key, headers.origin, keys),
    receivedAt,
    isStrict: isStrict(request),
    headers,
    envelope,
    turn,
  }
}

/** Sheds load before a byte of the body is read. */
function shedLoad(parts: IngestParts, { needsKafka }: Door, request: IncomingMessage): void {
  const { limits } = parts.settings
  const declared = declaredBytes(request)
  const shed = shedFor({
    isDraining: parts.lifecycle.isDraining,
    kafkaReason: needsKafka ? parts.producer.notReadyReason : null,
    schemaReason: needsKafka ? parts.schemas.notReadyReason : null,
    isProducerFull: needsKafka && parts.producer.isFull,
    hasRoom: parts.budget.fits(Math.min(declared, limits.maxBodyBytes)),
    isCrowded: isLongBody(declared, limits) && parts.budget.isCrowded,
  })
  if (shed !== null) throw shed
}
