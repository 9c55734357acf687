import { randomFillSync } from 'node:crypto'

const ACCEPTABLE = /^[\w.-]{1,128}$/

/** The client's own id for the request if it can be echoed safely, else a new one. */
export function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && ACCEPTABLE.test(header) ? header : newRequestId()
}

const ID_BYTES = 16
/** Random bytes are asked for so many ids at once: asking takes longer than making an id. */
const POOL_IDS = 1_024
const pool = { bytes: Buffer.alloc(ID_BYTES * POOL_IDS), hex: '', used: 0 }

/** A UUIDv4 (RFC 9562), as `crypto.randomUUID` makes it in four times the time. */
function newRequestId(): string {
  if (pool.used === pool.hex.length) refill()
  const { hex, used: at } = pool
  pool.used += ID_BYTES * 2
  return `${hex.slice(at, at + 8)}-${hex.slice(at + 8, at + 12)}-${hex.slice(at + 12, at + 16)}-${hex.slice(at + 16, at + 20)}-${hex.slice(at + 20, at + 32)}`
}

function refill(): void {
  const { bytes } = pool
  randomFillSync(bytes)
  for (let at = 0; at < bytes.length; at += ID_BYTES) {
    bytes[at + 6] = ((bytes[at + 6] ?? 0) & 0x0f) | 0x40 // the version
    bytes[at + 8] = ((bytes[at + 8] ?? 0) & 0x3f) | 0x80 // the variant
  }
  pool.hex = bytes.toString('hex')
  pool.used = 0
}
