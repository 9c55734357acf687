import { FIELDS, STORED_AS, type FieldRow } from './event-fields.ts'

type Fields = typeof FIELDS

type Stored<Row extends FieldRow> =
  | ((typeof STORED_AS)[Row['kind']] extends 'time' ? number : string)
  | (Row extends { readonly isOptional: true } ? null : never)

/**
 * An accepted event, ready to be encoded. `properties`, `context` and `extra` are JSON object text
 * exactly as the producer sent it; times are milliseconds since the epoch.
 */
export type TrackedEvent = { readonly [Name in keyof Fields]: Stored<Fields[Name]> }

/** A field of an event, as its row has it. */
export interface EventField extends FieldRow {
  readonly name: keyof TrackedEvent
  readonly names: readonly string[]
  readonly isOptional: boolean
  readonly stored: (typeof STORED_AS)[FieldRow['kind']]
}

/** Every field, in the order of a record. */
export const EVENT_FIELDS: readonly EventField[] = Object.keys(FIELDS)
  .filter((name) => isEventField(name))
  .map((name): EventField => {
    const row: FieldRow = FIELDS[name]
    const { names = [], isOptional = false } = row
    return { ...row, name, names, isOptional, stored: STORED_AS[row.kind] }
  })
  .toSorted((one, other) => one.avro.place - other.avro.place)

const BLANKS = { text: '', time: 0, json: '{}' } as const

/** An event that says nothing: for those who make events without sending them. */
export const BLANK_EVENT = Object.fromEntries(
  EVENT_FIELDS.map(({ name, stored, isOptional }) => [name, isOptional ? null : BLANKS[stored]]),
) as TrackedEvent // every field is among them

function isEventField(name: string): name is keyof TrackedEvent {
  return Object.hasOwn(FIELDS, name)
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
