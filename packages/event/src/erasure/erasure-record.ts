import { ERASED_KINDS, erasedKey, type ErasedId } from './erased-id.ts'
import type { ErasedSpan } from './erased-spans.ts'

/** What the topic of erasures keeps of an id; a later record of the same key replaces it. */
export interface ErasureRecord extends ErasedId {
  readonly spans: readonly ErasedSpan[]
  /** Row of the table `erasures` that asked for it last. */
  readonly erasureId: string
  readonly askedBy: string
  /** Milliseconds since 1970. */
  readonly askedAt: number
}

const VERSION = 1

/** Key of the record that says that the topic was filled: one that was lost and made anew is empty until then. */
export const COMPLETE_KEY = 'complete'

export function writeComplete(): { readonly key: Buffer; readonly value: Buffer } {
  return { key: Buffer.from(COMPLETE_KEY), value: Buffer.from(JSON.stringify({ v: VERSION })) }
}

export function writeErasure(record: ErasureRecord): {
  readonly key: Buffer
  readonly value: Buffer
} {
  const { kind, sha256, murmur2, spans, erasureId, askedBy, askedAt } = record
  const value = {
    v: VERSION,
    kind,
    sha256,
    murmur2,
    spans: spans.map(({ timestampBefore, receivedBefore }) => ({
      timestamp_before: timeText(timestampBefore),
      received_before: timeText(receivedBefore),
    })),
    erasure_id: erasureId,
    asked_by: askedBy,
    asked_at: timeText(askedAt),
  }
  return { key: Buffer.from(erasedKey(record)), value: Buffer.from(JSON.stringify(value)) }
}

/** A record of the topic of erasures that says nothing we understand. */
export class UnreadableErasure extends Error {
  constructor(problem: string) {
    super(problem)
    this.name = 'UnreadableErasure'
  }
}

/** @throws {UnreadableErasure} */
export function readErasure(key: Buffer | null, value: Buffer): ErasureRecord {
  const fields = parse(value)
  if (fields['v'] !== VERSION) {
    throw new UnreadableErasure(
      `its "v" is ${shown(fields['v'])}, expected ${VERSION}: is it of a newer release?`,
    )
  }
  const kind = ERASED_KINDS.find((each) => each === fields['kind'])
  if (kind === undefined) throw wrong('kind', ERASED_KINDS.join(', '), fields['kind'])
  const id = {
    kind,
    sha256: textIn(fields, 'sha256', /^[0-9a-f]{64}$/),
    murmur2: wholeIn(fields, 'murmur2'),
  }
  if (key?.toString('utf8') !== erasedKey(id)) {
    throw new UnreadableErasure(
      `its key is ${shown(key?.toString('utf8'))}, expected ${erasedKey(id)}`,
    )
  }
  const spans = fields['spans']
  if (!Array.isArray(spans)) throw wrong('spans', 'a list', spans)
  return {
    ...id,
    spans: spans.map(readSpan),
    erasureId: textIn(fields, 'erasure_id', /^[\w-]{1,64}$/),
    askedBy: textIn(fields, 'asked_by', /^[^]{0,300}$/),
    askedAt: timeIn(fields, 'asked_at') ?? 0,
  }
}

type Fields = Readonly<Record<string, unknown>>

function parse(value: Buffer): Fields {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed }
  } catch {
    // said below
  }
  throw new UnreadableErasure(`its value is no JSON object: ${shown(value.toString('utf8'))}`)
}

function readSpan(span: unknown): ErasedSpan {
  if (typeof span !== 'object' || span === null) throw wrong('spans', 'objects', span)
  const fields: Fields = { ...span }
  return {
    timestampBefore: timeIn(fields, 'timestamp_before'),
    receivedBefore: timeIn(fields, 'received_before'),
  }
}

function textIn(fields: Fields, name: string, pattern: RegExp): string {
  const value = fields[name]
  if (typeof value !== 'string' || !pattern.test(value)) throw wrong(name, String(pattern), value)
  return value
}

function wholeIn(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrong(name, 'a whole number', value)
  return value
}

function timeIn(fields: Fields, name: string): number | null {
  const value = fields[name]
  if (value === null) return null
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) throw wrong(name, 'null or a time such as 2026-01-31T09:30:00.000Z', value)
  return ms
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function wrong(name: string, expected: string, got: unknown): UnreadableErasure {
  return new UnreadableErasure(`its "${name}" is ${shown(got)}, expected ${expected}`)
}

/** Never whole: anybody may have written it. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 64)
}
