/** Enough for some thousand bytes; each takes about as long as judging the body. */
const MAX_TRIES = 6_000
/** A body of 256 KiB is judged in milliseconds, and often needs its size to fail. */
const MAX_MS = 15_000

type Fails = (bytes: Buffer) => Promise<boolean>

/**
 * The bytes with as many left out as can be while they still fail: first elements and members of JSON, the
 * longest first, then pieces of half of the bytes, of a quarter and so on down to one byte.
 */
export async function minimise(bytes: Buffer, fails: Fails): Promise<Buffer> {
  const left = { tries: MAX_TRIES, endsAt: performance.now() + MAX_MS }
  const withoutParts = await leaveOutParts(bytes, fails, left)
  return leaveOutPieces(withoutParts, fails, left)
}

interface Left {
  tries: number
  readonly endsAt: number
}

function isOver({ tries, endsAt }: Left): boolean {
  return tries === 0 || performance.now() > endsAt
}

async function leaveOutParts(bytes: Buffer, fails: Fails, left: Left): Promise<Buffer> {
  let least = bytes
  for (let isShorter = true; isShorter;) {
    isShorter = false
    for (const [start, end] of partsOf(least)) {
      if (isOver(left)) return least
      left.tries -= 1
      const without = Buffer.concat([least.subarray(0, start), least.subarray(end)])
      if (!(await fails(without))) continue
      least = without
      isShorter = true
      break // the places of the others have changed
    }
  }
  return least
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** Elements of arrays and members of objects with the comma behind or before them, the longest first. */
function partsOf(bytes: Buffer): readonly (readonly [number, number])[] {
  const parts: [number, number][] = []
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) at = closingQuote(bytes, at)
    else if (OPENING.has(byte)) starts.push(at + 1)
    else if (byte === COMMA || CLOSING.has(byte)) {
      const start = starts.pop()
      if (start === undefined) continue
      const isLater = bytes[start - 1] === COMMA
      if (byte === COMMA) parts.push(isLater ? [start - 1, at] : [start, at + 1])
      else parts.push([isLater ? start - 1 : start, at])
      if (byte === COMMA) starts.push(at + 1)
    }
  }
  return parts.filter(([start, end]) => end > start).toSorted(([a, b], [c, d]) => d - c - (b - a))
}

function closingQuote(bytes: Buffer, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

async function leaveOutPieces(bytes: Buffer, fails: Fails, left: Left): Promise<Buffer> {
  let least = bytes
  for (let size = Math.ceil(least.length / 2); size >= 1;) {
    const before = least.length
    for (let at = 0; at < least.length;) {
      if (isOver(left)) return least
      left.tries -= 1
      const without = Buffer.concat([least.subarray(0, at), least.subarray(at + size)])
      if (await fails(without)) least = without
      else at += size
    }
    const isShorter = size === 1 && least.length < before
    size = isShorter ? Math.min(8, least.length) : Math.floor(size / 2)
  }
  return least
}
