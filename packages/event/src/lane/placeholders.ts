/** Whether these bytes, UTF-8, are an id that stands for nothing. */
export type IsPlaceholder = (bytes: Buffer, start: number, end: number) => boolean

/** The plain way is `placeholders.has(id.trim().toLowerCase())`; placeholders.test.ts compares. */
export function createPlaceholderCheck(placeholders: ReadonlySet<string>): IsPlaceholder {
  const byLength: Buffer[][] = []
  for (const text of placeholders) {
    const bytes = Buffer.from(text)
    const alike = (byLength[bytes.length] ??= [])
    alike.push(bytes)
  }
  return (bytes, start, end) => {
    if (!isPlain(bytes, start, end)) {
      return placeholders.has(bytes.toString('utf8', start, end).trim().toLowerCase())
    }
    const alike = byLength[end - start]
    return alike !== undefined && alike.some((each) => isSameLetters(bytes, start, each))
  }
}

/** ASCII without space around it: then trimming leaves it as it is, and only its letters have a case. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  if (!((bytes[start] ?? 0) > 0x20 && (bytes[end - 1] ?? 0) > 0x20)) return false
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) >= 0x80) return false
  return true
}

function isSameLetters(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    const byte = bytes[start + index] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== expected[index]) return false
  }
  return true
}
