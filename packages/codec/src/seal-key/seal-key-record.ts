/**
 * A key that sealed properties are opened with, as it travels from ingest to the consumer: JSON, because keys are few
 * and must be readable by every later version.
 */
export interface SealKeyRecord {
  /** 23 characters, as sealed text names it. */
  readonly key_id: string
  readonly group_id: string
  /** Both `null`: the key of an account. Else those of the events that it seals. */
  readonly user_id: string | null
  readonly anonymous_id: string | null
  /** 32 bytes; none of a key that was destroyed. */
  readonly key: Buffer
  /** Milliseconds since the epoch. */
  readonly made_at: number
}

const FORMAT = 'custom-events.seal-key.v1'

/** The value of a record of the topic of keys; its Kafka key is the account. */
export function encodeSealKey({ key, ...rest }: SealKeyRecord): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...rest, key: key.toString('base64url') }))
}

/** `newer`: a key that only a later version reads. `foreign`: no key at all. */
export type UnreadableSealKey = 'newer' | 'foreign'

export function decodeSealKey(value: Buffer | null): SealKeyRecord | UnreadableSealKey {
  const parsed = parse(value)
  const format = parsed?.['format']
  if (
    parsed === null ||
    typeof format !== 'string' ||
    !format.startsWith('custom-events.seal-key.')
  ) {
    return 'foreign'
  }
  if (format !== FORMAT) return 'newer'
  const { key_id, group_id, user_id, anonymous_id, key, made_at } = parsed
  const isWhole =
    typeof key_id === 'string' &&
    typeof group_id === 'string' &&
    isTextOrNull(user_id) &&
    isTextOrNull(anonymous_id) &&
    typeof key === 'string' &&
    typeof made_at === 'number'
  if (!isWhole) return 'foreign'
  return { key_id, group_id, user_id, anonymous_id, made_at, key: Buffer.from(key, 'base64url') }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function parse(value: Buffer | null): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(value?.toString('utf8') ?? '')
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : null
  } catch {
    return null
  }
}
