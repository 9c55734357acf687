import type { EventRules } from '../contract/rules.ts'

/**
 * Whether these bytes, UTF-8, are an id that stands for nothing, or may do so; in any case of its letters, so
 * that it finds more than the reference path, never less.
 * @param isAscii whether all of them are.
 */
export type IsDubiousId = (bytes: Buffer, start: number, end: number, isAscii: boolean) => boolean

/** The reference path is in ids.ts; dubious-ids.test.ts compares. */
export function createDubiousIdCheck(
  rules: Pick<EventRules, 'placeholderIds' | 'suspiciousIds'>,
): IsDubiousId {
  const words = new Set(
    [...rules.placeholderIds, ...rules.suspiciousIds].map((id) => id.toLowerCase()),
  )
  const byLength: Buffer[][] = []
  for (const word of words) {
    const bytes = Buffer.from(word)
    const alike = (byLength[bytes.length] ??= [])
    alike.push(bytes)
  }
  return (bytes, start, end, isAscii) => {
    if (!isAscii) return words.has(bytes.toString('utf8', start, end).toLowerCase())
    const alike = byLength[end - start]
    if (alike === undefined) return false
    for (const each of alike) if (isSameLetters(bytes, start, each)) return true
    return false
  }
}

function isSameLetters(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    const byte = bytes[start + index] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== expected[index]) return false
  }
  return true
}
