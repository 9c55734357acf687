/**
 * Whether these bytes, UTF-8, are an id that stands for nothing.
 * @param isAscii whether all of them are.
 */
export type IsPlaceholder = (bytes: Buffer, start: number, end: number, isAscii: boolean) => boolean

/** The plain way is `placeholders.has(id.trim().toLowerCase())`; placeholders.test.ts compares. */
export function createPlaceholderCheck(placeholders: ReadonlySet<string>): IsPlaceholder {
  const byLength: Buffer[][] = []
  for (const text of placeholders) {
    const bytes = Buffer.from(text)
    const alike = (byLength[bytes.length] ??= [])
    alike.push(bytes)
  }
  return (bytes, start, end, isAscii) => {
    if (!isAscii || hasSpaceAround(bytes, start, end)) {
      return placeholders.has(bytes.toString('utf8', start, end).trim().toLowerCase())
    }
    // Trimming leaves it as it is, and only its letters have a case.
    const alike = byLength[end - start]
    if (alike === undefined) return false
    for (const each of alike) if (isSameLetters(bytes, start, each)) return true
    return false
  }
}

function hasSpaceAround(bytes: Uint8Array, start: number, end: number): boolean {
  return !((bytes[start] ?? 0) > 0x20 && (bytes[end - 1] ?? 0) > 0x20)
}

function isSameLetters(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    const byte = bytes[start + index] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== expected[index]) return false
  }
  return true
}
