import type { Audience } from '../contract/call-type.ts'
import type { JsonObject } from '../contract/event.ts'
import type { Field, Fields } from '../contract/fields.ts'
import type { Finding } from '../json/json-cursor.ts'
import type { ScannedValue } from '../json/json-scan.ts'
import type { Problem } from '../contract/problem.ts'
import type { EventRules } from '../contract/rules.ts'

/** One event of a request, parsed and scanned. */
export interface EventInput {
  /** Place in the request, from 0. */
  readonly index: number
  /** RFC 6901 into the body as sent; empty for a single event. */
  readonly pointer: string
  readonly value: unknown
  /** The text that `scanned` points into. */
  readonly text: string
  readonly scanned: ScannedValue
  /** Why it could not be read at all: then there is no value. */
  readonly fault?: Problem
}

/** The `context` beside a list: a default under each event's own. */
export interface EnvelopeContext {
  readonly value: unknown
  readonly text: string
  readonly pointer: string
  /** Sent as `[]`, an empty map of PHP. */
  readonly isEmptyList: boolean
  readonly object: JsonObject | null
  readonly fields: Fields
  readonly findings: readonly Finding[]
}

/** What an event is normalised with: the same for every event of a request. */
export interface NormaliseContext {
  /** Our clock at the door, in milliseconds since the epoch. */
  readonly receivedAt: number
  readonly source: string
  /** Of the path that it came by. */
  readonly audience: Audience
  /** `sentAt` of the envelope or the header, with where it was. */
  readonly sentAt: { readonly value: unknown; readonly pointer: string } | null
  readonly idempotencyKey: string | null
  readonly envelopeContext: EnvelopeContext | null
  readonly rules: EventRules
  /** A UUIDv7 that carries this time. */
  readonly newEventId: (timestampMs: number) => string
}

/** The fields of these names that are there, in the order of the names. */
export function present(fields: Fields, names: readonly string[]): readonly Field[] {
  const found: Field[] = []
  for (const name of names) {
    const field = fields.get(name)
    if (field !== undefined) found.push(field)
  }
  return found
}
