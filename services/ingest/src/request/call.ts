import type { IncomingMessage } from 'node:http'
import type { Audience } from '@custom-events/event'
import { authenticate, presentedKey } from '../auth/auth.ts'
import { isLongBody, limitsOfStrangers, refuseTooLarge, type BodyLimits } from './body.ts'
import { isLines } from './envelope.ts'
import { encodingFrom } from './inflate.ts'
import { declaredBytes, type IngestRequest, type IngestResponse } from '../http/messages.ts'
import { isFullFor, readCall, type Arrival, type Call, type CallParts } from './read-call.ts'
import { Refusal } from '../response/refusal.ts'
import { refusalForLoad } from '../admission/refusals.ts'

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
export function takeCall<T>(
  parts: CallParts,
  endpoint: Endpoint,
  request: IngestRequest,
  response: IngestResponse,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  refuseForLoad(parts, endpoint, request)
  const arrival = arrive(parts, endpoint, request, response)
  const limits = arrival.key === null ? endpoint.strangerLimits : parts.settings.limits
  refuseTooLarge(request, limits)
  return readCall(parts, limits, arrival, work)
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
