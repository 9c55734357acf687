// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
const P1 = 0x9e3779b1
const P2 = 0x85ebca77
const P3 = 0xc2b2ae3d
const P4 = 0x27d4eb2f
const P5 = 0x165667b1
const STRIPE_BYTES = 16

/** The checksum xxHash32 (seed 0) of bytes that come in pieces, as frames of LZ4 have it. */
export interface XxHash32 {
  update(bytes: Buffer): void
  digest(): number
}

export function xxHash32(): XxHash32 {
  const lanes = Int32Array.of(P1 + P2, P2, 0, -P1)
  const held = Buffer.alloc(STRIPE_BYTES)
  let heldBytes = 0
  let total = 0
  return {
    update: (bytes) => {
      total += bytes.length
      let at = 0
      if (heldBytes > 0) {
        at = bytes.copy(held, heldBytes)
        heldBytes += at
        if (heldBytes < STRIPE_BYTES) return
        stripes(lanes, held, 0)
      }
      at = stripes(lanes, bytes, at)
      heldBytes = bytes.copy(held, 0, at)
    },
    digest: () => finish(total < STRIPE_BYTES ? P5 : merged(lanes), total, held, heldBytes),
  }
}

/** @returns where the last whole stripe ends */
function stripes(lanes: Int32Array, bytes: Buffer, start: number): number {
  let [a = 0, b = 0, c = 0, d = 0] = lanes
  let at = start
  for (; at + STRIPE_BYTES <= bytes.length; at += STRIPE_BYTES) {
    a = round(a, bytes.readInt32LE(at))
    b = round(b, bytes.readInt32LE(at + 4))
    c = round(c, bytes.readInt32LE(at + 8))
    d = round(d, bytes.readInt32LE(at + 12))
  }
  lanes.set([a, b, c, d])
  return at
}

function round(lane: number, word: number): number {
  return Math.imul(rotate(lane + Math.imul(word, P2), 13), P1)
}

function merged([a = 0, b = 0, c = 0, d = 0]: Int32Array): number {
  return rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
}

function finish(start: number, total: number, rest: Buffer, restBytes: number): number {
  let hash = (start + total) | 0
  let at = 0
  for (; at + 4 <= restBytes; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(rest.readInt32LE(at), P3), 17), P4)
  }
  for (; at < restBytes; at++) {
    hash = Math.imul(rotate(hash + Math.imul(rest[at] ?? 0, P5), 11), P1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
