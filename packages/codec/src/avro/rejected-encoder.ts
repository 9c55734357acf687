import { rejectedAvroSchema } from './avro-schemas.ts'
import { createFramedCodec, type FramedCodec } from './framed-encoder.ts'

/** An event refused at the door: a record of schemas/rejected-event.avsc. */
export interface RejectedEvent {
  readonly request_id: string
  /** Place in the request, from 0. */
  readonly index: number
  /** Milliseconds since the epoch. */
  readonly received_at: number
  readonly source: string
  readonly code: string
  readonly pointer: string
  /** JSON array text. */
  readonly errors: string
  readonly event: string | null
  readonly group_id: string | null
  readonly user_id: string | null
  readonly event_id: string | null
  /** JSON text as sent, at most 64 KiB. */
  readonly raw: string
  readonly raw_truncated: boolean
  /** JSON object text: what the request said beside the event that belongs to it. */
  readonly beside: string | null
  /** `null` while nothing was done about it; then how a replay ended it. */
  readonly resolution: Resolution | null
  /** Milliseconds since the epoch. */
  readonly resolved_at: number | null
  /** topic/partition/offset of the event. */
  readonly replayed_to: string | null
}

/** How a replay ended a refusal: the event was produced, or a newer copy of it was there already. */
export type Resolution = 'replayed' | 'superseded'

/** Bytes of an event that are kept when it is rejected. */
export const MAX_RAW_BYTES = 64 * 1_024

/** Rejected events as records of schemas/rejected-event.avsc. */
export function createRejectedCodec(): FramedCodec<RejectedEvent> {
  return createFramedCodec(rejectedAvroSchema)
}

/** Cuts a text to at most `maxBytes` of UTF-8, between two characters. */
export function cutToBytes(
  text: string,
  maxBytes: number = MAX_RAW_BYTES,
): Pick<RejectedEvent, 'raw' | 'raw_truncated'> {
  const bytes = Buffer.from(text.slice(0, maxBytes + 1), 'utf8')
  if (bytes.length <= maxBytes) return { raw: text, raw_truncated: false }
  let end = maxBytes
  while (end > 0 && isContinuation(bytes.readUInt8(end))) end -= 1
  return { raw: bytes.toString('utf8', 0, end), raw_truncated: true }
}

/** UTF-8 bytes 10xxxxxx continue the character before them. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
