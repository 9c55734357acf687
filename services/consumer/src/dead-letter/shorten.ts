import { createHash } from 'node:crypto'
import type { OutgoingRecord, RecordSizes } from '@custom-events/kafka'
import { HEADERS } from './dead-letter.ts'
import { isOurs } from './own-headers.ts'

/** What `custom-events.shortened` says, as JSON. */
export interface Shortened {
  /** What is not there whole. */
  readonly cut: readonly ('value' | 'key' | 'headers')[]
  /** Of the record as it was; `null`: it had none. Headers: names and values. */
  readonly bytes: { readonly value: number | null; readonly key: number | null; headers: number }
  /**
   * Of value and key as they were, in hex: whoever has the record elsewhere can tell that it is this one.
   * `null`: it had none, or was too long to be read whole; `bytes` says which.
   */
  readonly sha256: { readonly value: string | null; readonly key: string | null }
}

/** A letter is tried in so many bytes, where it is longer; at last as a stub. */
const SHORTER_BYTES: readonly number[] = [524_288, 65_536, 8_192]
/** More than any topic of sane settings takes; not even tried whole. */
const LARGEST_BYTES = 16 * 1_048_576
/** Lengths, deltas and the head of the batch. */
const FRAME_BYTES = 200
const HEADER_FRAME_BYTES = 10
/** Their count, which is 0. */
const NO_HEADERS_BYTES = 1

/** A dead letter, and how short it was made. */
export interface Attempt {
  /** As it should be. */
  readonly whole: OutgoingRecord
  /** What the record was, where even `whole` holds only its beginning. */
  readonly sizes: RecordSizes | undefined
  /** As it is sent. */
  readonly letter: OutgoingRecord
  /** How many of the steps were taken. */
  readonly steps: number
  /** It was refused in the company of others, and is tried by itself. */
  readonly isAlone: boolean
}

export function firstAttempt(whole: OutgoingRecord, sizes?: RecordSizes): Attempt {
  const unmarked = { whole, sizes, letter: whole, steps: 0, isAlone: false }
  const attempt =
    sizes === undefined ? unmarked : { ...unmarked, letter: marked(unmarked, unmarked.letter) }
  if (bytesOf(whole) <= LARGEST_BYTES) return attempt
  return shorter(attempt) ?? attempt
}

/** The next shorter form of a letter that was refused; `null` after the stub. */
export function shorter(attempt: Attempt): Attempt | null {
  const { letter, steps } = attempt
  if (steps > SHORTER_BYTES.length) return null
  const next = { ...attempt, steps: steps + 1 }
  const maxBytes = SHORTER_BYTES[steps]
  if (maxBytes === undefined) return { ...next, letter: stubOf(attempt) }
  return maxBytes < bytesOf(letter) ? { ...next, letter: cutTo(attempt, maxBytes) } : shorter(next)
}

/** It does not hold the whole record, and says so. */
export function isShortened({ letter }: Attempt): boolean {
  return letter.headers?.[HEADERS.shortened] !== undefined
}

export function isStub({ steps }: Attempt): boolean {
  return steps > SHORTER_BYTES.length
}

/** About what Kafka counts. */
export function bytesOf({ key, value, headers = {} }: OutgoingRecord): number {
  return (
    FRAME_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + headersBytes(Object.entries(headers))
  )
}

/** Key and headers get a quarter each at most, the value what is left; a header is kept whole or not at all. */
function cutTo(attempt: Attempt, maxBytes: number): OutgoingRecord {
  const { whole } = attempt
  const [ours, theirs] = partsOf(whole)
  const room = Math.max(0, maxBytes - FRAME_BYTES - MARK_BYTES - headersBytes(ours))
  const key = whole.key?.subarray(0, room / 4) ?? null
  const kept: Header[] = []
  let headerRoom = room / 4
  for (const header of theirs) {
    headerRoom -= headersBytes([header])
    if (headerRoom < 0) break
    kept.push(header)
  }
  const left = room - (key?.length ?? 0) - headersBytes(kept)
  const value = whole.value?.subarray(0, Math.max(0, left)) ?? null
  return marked(attempt, { ...whole, key, value, headers: Object.fromEntries([...kept, ...ours]) })
}

/** Where the record lies and why it was set aside, and nothing of itself. */
function stubOf(attempt: Attempt): OutgoingRecord {
  const { whole } = attempt
  const [ours] = partsOf(whole)
  const headers = Object.fromEntries(ours)
  const place = [HEADERS.topic, HEADERS.partition, HEADERS.offset].map((name) => headers[name])
  // A compacted topic takes no record without a key.
  return marked(attempt, { ...whole, key: Buffer.from(place.join('/')), value: null, headers })
}

const MARK_BYTES = 512

function marked(
  { whole, sizes }: Pick<Attempt, 'whole' | 'sizes'>,
  letter: OutgoingRecord,
): OutgoingRecord {
  const [, theirs] = partsOf(whole)
  const [, kept] = partsOf(letter)
  const bytes = {
    value: sizes?.valueBytes ?? whole.value?.length ?? null,
    key: sizes?.keyBytes ?? whole.key?.length ?? null,
    headers: sizes?.headersBytes ?? headersBytes(theirs),
  }
  const isCut = (part: 'value' | 'key'): boolean =>
    (letter[part]?.length ?? null) !== bytes[part] || !isSame(whole[part], letter[part])
  const hash = (part: 'value' | 'key'): string | null =>
    (whole[part]?.length ?? null) === bytes[part] ? sha256(whole[part]) : null
  const hasLostHeaders =
    kept.length < theirs.length || (sizes?.headersBytes ?? 0) > NO_HEADERS_BYTES
  const shortened: Shortened = {
    cut: [
      ...(isCut('value') ? ['value' as const] : []),
      ...(isCut('key') ? ['key' as const] : []),
      ...(hasLostHeaders ? ['headers' as const] : []),
    ],
    bytes,
    sha256: { value: hash('value'), key: hash('key') },
  }
  return {
    ...letter,
    headers: { ...letter.headers, [HEADERS.shortened]: JSON.stringify(shortened) },
  }
}

type Header = readonly [string, Buffer | string]

/** What we say of the record, and its own headers. */
function partsOf({
  headers = {},
}: OutgoingRecord): readonly [readonly Header[], readonly Header[]] {
  const all = Object.entries(headers)
  return [all.filter(([name]) => isOurs(name)), all.filter(([name]) => !isOurs(name))]
}

function headersBytes(headers: readonly Header[]): number {
  return headers.reduce(
    (sum, [name, value]) =>
      sum + HEADER_FRAME_BYTES + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  )
}

function isSame(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}

function sha256(bytes: Buffer | null): string | null {
  return bytes === null ? null : createHash('sha256').update(bytes).digest('hex')
}
