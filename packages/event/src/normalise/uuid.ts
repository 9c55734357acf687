import { createHash, randomFillSync } from 'node:crypto'

/** The name space of event ids derived from an `Idempotency-Key`; a constant of this project. */
const IDEMPOTENCY_NAMESPACE = '6f1d3a52-97b4-5c0e-8d1f-3b7a2c94e0d5'

const POOL_BYTES = 10 * 512

/**
 * Makes UUIDv7 ids (RFC 9562). The id carries the event's own timestamp, so that a producer may
 * later update the event by this id alone, without repeating the timestamp.
 *
 * @param fill fills a buffer with random bytes. @default node:crypto
 */
export function createEventIds(
  fill: (bytes: Buffer) => unknown = randomFillSync,
): (timestampMs: number) => string {
  const pool = Buffer.alloc(POOL_BYTES)
  let used = POOL_BYTES
  return (timestampMs) => {
    if (used === POOL_BYTES) {
      fill(pool)
      used = 0
    }
    const bytes = Buffer.alloc(16)
    bytes.writeUIntBE(timestampMs, 0, 6)
    pool.copy(bytes, 6, used, used + 10)
    used += 10
    return format(bytes, 7)
  }
}

/**
 * The id of the event at `index` of a request sent with an `Idempotency-Key`: the same for a retry, which
 * sends the same text; another for a key that is used again for another body.
 */
export function idempotentEventId(idempotencyKey: string, index: number, text: string): string {
  return uuidV5(uuidV5(IDEMPOTENCY_NAMESPACE, idempotencyKey), `${index} ${text}`)
}

/** Like `createEventIds`, but the same seed and time give the same id: for an event that is judged again. */
export function derivedEventId(seed: string, timestampMs: number): string {
  const bytes = createHash('sha256').update(seed, 'utf8').digest().subarray(0, 16)
  bytes.writeUIntBE(timestampMs, 0, 6)
  return format(bytes, 7)
}

/** UUIDv5 (RFC 9562): SHA-1 of a name space and a name. */
export function uuidV5(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
  return format(digest.subarray(0, 16), 5)
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Milliseconds since the epoch inside a UUIDv7, or `null` when the id is something else. */
export function timeInUuidV7(id: string): number | null {
  if (id.length !== 36 || !UUID_V7.test(id)) return null
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

function format(bytes: Buffer, version: number): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
