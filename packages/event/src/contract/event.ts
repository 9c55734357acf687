/**
 * An accepted event, ready to be encoded. `properties`, `context` and `extra` are JSON object text
 * exactly as the producer sent it; times are milliseconds since the epoch.
 */
export interface TrackedEvent {
  readonly event_id: string
  readonly event: string
  readonly group_id: string
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly timestamp: number
  readonly sent_at: number | null
  readonly received_at: number
  readonly properties: string
  readonly context: string
  readonly extra: string
  /** Name of the write key; empty without one. */
  readonly source: string
}

/** A parsed JSON object; only its own keys mean anything. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object's own value; `null` counts as absent, like everywhere in an event. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined
}
