import { createHash } from 'node:crypto'
import type { OutgoingRecord } from '@custom-events/kafka'
import { HEADERS } from './dead-letter.ts'
import { isOurs } from './own-headers.ts'

/** What `custom-events.shortened` says, as JSON. */
export interface Shortened {
  /** What is not there whole. */
  readonly cut: readonly ('value' | 'key' | 'headers')[]
  /** Of the record as it was; `null`: it had none. Headers: names and values. */
  readonly bytes: { readonly value: number | null; readonly key: number | null; headers: number }
  /** Of value and key as they were, in hex: whoever has the record elsewhere can tell that it is this one. */
  readonly sha256: { readonly value: string | null; readonly key: string | null }
}

/** A letter is tried in so many bytes, where it is longer; at last as a stub. */
const SHORTER_BYTES: readonly number[] = [524_288, 65_536, 8_192]
/** More than any topic of sane settings takes; not even tried whole. */
const LARGEST_BYTES = 16 * 1_048_576
/** Lengths, deltas and the head of the batch. */
const FRAME_BYTES = 200
const HEADER_FRAME_BYTES = 10

/** A dead letter, and how short it was made. */
export interface Attempt {
  /** As it should be. */
  readonly whole: OutgoingRecord
  /** As it is sent. */
  readonly letter: OutgoingRecord
  /** How many of the steps were taken. */
  readonly steps: number
  /** It was refused in the company of others, and is tried by itself. */
  readonly isAlone: boolean
}

export function firstAttempt(whole: OutgoingRecord): Attempt {
  const attempt = { whole, letter: whole, steps: 0, isAlone: false }
  if (bytesOf(whole) <= LARGEST_BYTES) return attempt
  return shorter(attempt) ?? attempt
}

/** The next shorter form of a letter that was refused; `null` after the stub. */
export function shorter(attempt: Attempt): Attempt | null {
  const { whole, letter, steps } = attempt
  if (steps > SHORTER_BYTES.length) return null
  const next = { ...attempt, steps: steps + 1 }
  const maxBytes = SHORTER_BYTES[steps]
  if (maxBytes === undefined) return { ...next, letter: stubOf(whole) }
  return maxBytes < bytesOf(letter) ? { ...next, letter: cutTo(whole, maxBytes) } : shorter(next)
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
function cutTo(whole: OutgoingRecord, maxBytes: number): OutgoingRecord {
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
  return marked(whole, { ...whole, key, value, headers: Object.fromEntries([...kept, ...ours]) })
}

/** Where the record lies and why it was set aside, and nothing of itself. */
function stubOf(whole: OutgoingRecord): OutgoingRecord {
  const [ours] = partsOf(whole)
  const headers = Object.fromEntries(ours)
  const place = [HEADERS.topic, HEADERS.partition, HEADERS.offset].map((name) => headers[name])
  // A compacted topic takes no record without a key.
  return marked(whole, { ...whole, key: Buffer.from(place.join('/')), value: null, headers })
}

const MARK_BYTES = 512

function marked(whole: OutgoingRecord, letter: OutgoingRecord): OutgoingRecord {
  const [, theirs] = partsOf(whole)
  const [, kept] = partsOf(letter)
  const shortened: Shortened = {
    cut: [
      ...(isSame(whole.value, letter.value) ? [] : ['value' as const]),
      ...(isSame(whole.key, letter.key) ? [] : ['key' as const]),
      ...(kept.length === theirs.length ? [] : ['headers' as const]),
    ],
    bytes: {
      value: whole.value?.length ?? null,
      key: whole.key?.length ?? null,
      headers: headersBytes(theirs),
    },
    sha256: { value: sha256(whole.value), key: sha256(whole.key) },
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
