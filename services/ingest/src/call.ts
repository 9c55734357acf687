import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isStrict } from './answer-options.ts'
import type { Audience } from './audience.ts'
import { authenticate, presentedKey } from './auth.ts'
import { declaredBytes, readBody } from './body.ts'
import { createDeadlines, type Deadlines } from './deadlines.ts'
import { readEnvelope, type Envelope } from './envelope.ts'
import type { IngestRequest, IngestResponse } from './messages.ts'
import type { IngestParts } from './parts.ts'
import { Refusal } from './refusal.ts'
import { shedReason } from './shed.ts'
import type { WriteKey } from './write-keys.ts'

/** A request that was taken: whose it is, and the events of its body. */
export interface Call {
  readonly requestId: string
  readonly key: WriteKey
  /** Our clock at the door, in milliseconds since the epoch. */
  readonly receivedAt: number
  readonly isStrict: boolean
  readonly headers: IncomingHttpHeaders
  readonly envelope: Envelope
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
 * `work`, holding the body's bytes against the budget until it is over.
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
  const { headers } = request
  const { keys, settings } = parts
  const { limits } = settings
  const receivedAt = Date.now()
  const presented = presentedKey(request, door.audience)
  const isKeyInBody = presented === null && door.audience === 'sdk'
  const known = isKeyInBody ? null : authenticate(presented, headers.origin, keys)
  const reservation = parts.budget.open()
  try {
    const body = await readBody(request, { limits, deadlines: door.deadlines, reservation })
    const envelope = readEnvelope(body, headers['content-type'], limits)
    const key = known ?? authenticate(envelope.key, headers.origin, keys)
    const { requestId } = response
    await work({ requestId, key, receivedAt, isStrict: isStrict(request), headers, envelope })
  } finally {
    reservation.release()
  }
}

/** Sheds load before a byte of the body is read. */
function shedLoad(parts: IngestParts, { needsKafka }: Door, request: IncomingMessage): void {
  const announced = Math.min(declaredBytes(request), parts.settings.limits.maxBodyBytes)
  const shed = shedReason({
    isDraining: parts.lifecycle.isDraining,
    kafkaReason: needsKafka ? parts.producer.notReadyReason : null,
    schemaReason: needsKafka ? parts.schemas.notReadyReason : null,
    isProducerFull: needsKafka && parts.producer.isFull,
    hasRoom: parts.budget.fits(announced),
  })
  if (shed === null) return
  parts.metrics.shed.inc({ reason: shed.reason })
  throw new Refusal(shed.code, shed.detail)
}
