import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto'
import type { SealScope } from './seal-tree.ts'

/**
 * What stands in place of a sealed value: `sealed:v1:<key id>:<base64url of iv, ciphertext and tag>`. The view
 * `tracked_unsealed` opens the same (schemas/clickhouse/repeatable/tracked_unsealed.sql).
 */
export const SEALED_PREFIX = 'sealed:v1:'

/** A key as sealing needs it. */
export interface SealingKey {
  /** `p` for a person's or `a` for an account's, then 16 random bytes in base64url: 23 characters. */
  readonly id: string
  /** Of 32 bytes. Not the bytes themselves: Node takes 13 µs for a cipher of these, and 2 of this. */
  readonly secret: KeyObject
}

/** Where a sealed value belongs: anywhere else it cannot be opened. */
export interface SealedPlace {
  /** Key of the value as JSON text between its quotes, escapes as they were sent. */
  readonly name: string
  readonly eventId: string
}

export const SCOPE_LETTER: Readonly<Record<SealScope, string>> = { person: 'p', account: 'a' }

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
/** Random bytes for so many values are fetched at once: a call for each costs more than the cipher. */
const IVS_AT_ONCE = 512

/** @returns JSON text, with its quotes. */
export type SealValue = (plain: string, key: SealingKey, place: SealedPlace) => string

/**
 * Seals JSON text byte for byte. Each value has a random iv of its own; keys are exchanged long before two meet.
 *
 * @param fillRandomly another only in tests. @default randomFillSync
 */
export function createSealValue(fillRandomly: (bytes: Buffer) => void = randomFillSync): SealValue {
  const ivs = Buffer.alloc(IV_BYTES * IVS_AT_ONCE)
  let next = ivs.length
  let piece = Buffer.alloc(1_024)
  return (plain, key, place) => {
    if (next === ivs.length) {
      fillRandomly(ivs)
      next = 0
    }
    const iv = ivs.subarray(next, next + IV_BYTES)
    next += IV_BYTES
    const cipher = createCipheriv(ALGORITHM, key.secret, iv)
    cipher.setAAD(boundTo(key.id, place))
    const text = cipher.update(plain, 'utf8')
    cipher.final('latin1') // of GCM nothing is left; a Buffer for that would cost more than the text
    const end = IV_BYTES + text.length + TAG_BYTES
    if (end > piece.length) piece = Buffer.allocUnsafeSlow(2 * end)
    iv.copy(piece)
    text.copy(piece, IV_BYTES)
    cipher.getAuthTag().copy(piece, end - TAG_BYTES)
    return `"${SEALED_PREFIX}${key.id}:${piece.toString('base64url', 0, end)}"`
  }
}

/**
 * Authenticated with the value. A name has no line feed, being JSON text: no two places are one text.
 */
function boundTo(keyId: string, { name, eventId }: SealedPlace): Buffer {
  return Buffer.from(`${keyId}\n${name}\n${eventId}`, 'utf8')
}

/** `null`: the text is no sealed value. */
export function keyIdOf(sealed: string): string | null {
  return SEALED.exec(sealed)?.[1] ?? null
}

/** What ClickHouse looks for, too. A value has a byte at least: 39 characters with iv and tag. */
const SEALED = /^sealed:v1:([pa][\w-]{22}):([\w-]{39,})$/

/** @param sealed without quotes. @returns the JSON text, or `null`: another key, another place, or not ours. */
export function openValue(sealed: string, key: SealingKey, place: SealedPlace): string | null {
  const [, keyId, text = ''] = SEALED.exec(sealed) ?? []
  if (keyId !== key.id) return null
  const bytes = Buffer.from(text, 'base64url')
  const tagAt = bytes.length - TAG_BYTES
  try {
    const iv = bytes.subarray(0, IV_BYTES)
    // Without a length Node takes tags of four bytes, which can be guessed.
    const decipher = createDecipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(boundTo(keyId, place))
    decipher.setAuthTag(bytes.subarray(tagAt))
    const plain = [decipher.update(bytes.subarray(IV_BYTES, tagAt)), decipher.final()]
    return Buffer.concat(plain).toString('utf8')
  } catch {
    return null // the tag says no
  }
}
