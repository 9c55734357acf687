import { SENT_FIELDS } from './event-fields.ts'
import { EVENT_FIELDS, type EventField } from './event.ts'
import { FIELD_NAMES, isOfKind } from './fields.ts'

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>

const NO_CONTROLS = String.raw`^[^\u0000-\u001f\u007f-\u009f]*$`

const TYPES = { text: 'string', time: 'integer', json: 'object' } as const

/** Why nobody's account has this id, by the same schema. @returns `null` when somebody's may */
export function wrongAccount(id: string): string | null {
  const [min, max] = SENT_FIELDS.group_id.chars
  const chars = Array.from(id).length // what JSON Schema counts, not UTF-16 units
  if (chars < min || chars > max) return `expected ${min} to ${max} characters, got ${chars}`
  return new RegExp(NO_CONTROLS, 'u').test(id) ? null : 'it has a control character'
}

/** What the schema says of each field of a normalised event. */
const properties: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  EVENT_FIELDS.map((field) => [field.name, schemaOf(field)]),
)

/** The JSON Schema of a normalised event, made from the table; published as schemas/event.schema.json. */
export const eventSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:custom-events:event',
  title: 'Event',
  description:
    'A normalised event: what a producer sent, after aliases are resolved. Stored as one row.',
  type: 'object',
  properties,
  required: EVENT_FIELDS.map(({ name }) => name),
  additionalProperties: false,
  // Somebody did it.
  anyOf: FIELD_NAMES.filter((name) => isOfKind(name, 'person')).map((name) => ({
    properties: { [name]: { type: 'string' } },
  })),
} satisfies JsonSchema

function schemaOf({ about, stored, isOptional, chars, examples }: EventField): JsonSchema {
  const type = TYPES[stored]
  return {
    description: stored === 'time' ? `${about} In milliseconds since 1970-01-01T00:00:00Z.` : about,
    type: isOptional ? [type, 'null'] : type,
    ...(chars === undefined
      ? {}
      : { minLength: chars[0], maxLength: chars[1], pattern: NO_CONTROLS }),
    ...(examples === undefined ? {} : { examples }),
  }
}
