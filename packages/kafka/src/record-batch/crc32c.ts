import { createRequire } from 'node:module'

/** CRC-32C (Castagnoli), as a record batch carries it. @returns an unsigned 32-bit number. */
export type Crc32c = (bytes: Uint8Array) => number

const POLYNOMIAL = 0x82f63b78
const TABLE_SIZE = 256

/**
 * By the processor's own instruction where `@node-rs/crc32` has a build for this machine (6 GB/s), else by
 * tables (1 GB/s): a machine without a build is slower, never wrong.
 */
export const crc32c: Crc32c = nativeCrc32c() ?? createCrc32cByTables()

/** `null` where there is no build for this machine. */
export function nativeCrc32c(): Crc32c | null {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Crc32c } // its index.d.ts
    return (bytes) => native.crc32c(bytes)
  } catch {
    return null
  }
}

/**
 * Eight bytes a step ("slicing by 8").
 * Source: M. Kounavis and F. Berry, A Systematic Approach to Building High Performance Software-based CRC
 * Generators, 2005.
 */
export function createCrc32cByTables(): Crc32c {
  // Table k is at k * 256: what a byte contributes when k more bytes follow it in the step.
  const tables = new Int32Array(8 * TABLE_SIZE)
  for (let byte = 0; byte < TABLE_SIZE; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[byte] = crc
  }
  const at = (index: number): number => tables[index] ?? 0
  for (let index = TABLE_SIZE; index < tables.length; index++) {
    const shorter = at(index - TABLE_SIZE)
    tables[index] = (shorter >>> 8) ^ at(shorter & 0xff)
  }

  return (bytes) => {
    const byteAt = (index: number): number => bytes[index] ?? 0
    const stepsEnd = bytes.length - (bytes.length % 8)
    let crc = -1
    let index = 0
    for (; index < stepsEnd; index += 8) {
      crc ^=
        byteAt(index) |
        (byteAt(index + 1) << 8) |
        (byteAt(index + 2) << 16) |
        (byteAt(index + 3) << 24)
      crc =
        at(1_792 + (crc & 0xff)) ^
        at(1_536 + ((crc >>> 8) & 0xff)) ^
        at(1_280 + ((crc >>> 16) & 0xff)) ^
        at(1_024 + (crc >>> 24)) ^
        at(768 + byteAt(index + 4)) ^
        at(512 + byteAt(index + 5)) ^
        at(256 + byteAt(index + 6)) ^
        at(byteAt(index + 7))
    }
    for (; index < bytes.length; index++) crc = at((crc ^ byteAt(index)) & 0xff) ^ (crc >>> 8)
    return ~crc >>> 0
  }
}
