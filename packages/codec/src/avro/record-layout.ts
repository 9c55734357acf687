import { EVENT_FIELDS, SENT_FIELDS, slotOf, type EventField } from '@custom-events/event'
import { FRAME_BYTES } from './confluent-framing.ts'

/** How a field of a record is written: as its kind says, or as a text that may be missing. */
export type Manner = Exclude<EventField['kind'], 'person'> | 'optional_text'

export interface Place {
  readonly manner: Manner
  /** Where an event has it; -1 for what is not sent. */
  readonly slot: number
}

/** A length of up to 2^35, and the branch of a union. */
const BYTES_BESIDE_TEXT = 6
/** Of a time, up to 2^69. */
const MAX_LONG_BYTES = 10
const MADE_ID_BYTES = 36
const EMPTY_EXTRA_BYTES = 2

/** What a record may need beside the bytes of its event and the name of its write key. */
export const BYTES_BESIDE_TEXTS =
  FRAME_BYTES +
  MADE_ID_BYTES +
  EMPTY_EXTRA_BYTES +
  EVENT_FIELDS.reduce((bytes, { stored }) => {
    return bytes + BYTES_BESIDE_TEXT + (stored === 'time' ? MAX_LONG_BYTES : 0)
  }, 0)

/** The fields of a record in their order. */
export const RECORD_LAYOUT: readonly Place[] = EVENT_FIELDS.map((field) => {
  const { name } = field
  return { manner: mannerOf(field), slot: isSent(name) ? slotOf(name) : -1 }
})

/**
 * Throws when schemas/event.avsc has other fields than the table, or in another order: the fast path would write
 * records that nobody can read.
 */
export function checkAvroSchema(schema: string): void {
  const { fields } = JSON.parse(schema) as { fields: { name: string; type: unknown }[] } // our own file
  const inFile = fields.map(({ name, type }) => [name, type])
  const inTable = EVENT_FIELDS.map((field) => [field.name, avroType(field)])
  if (JSON.stringify(inFile) === JSON.stringify(inTable)) return
  throw new Error('schemas/event.avsc is not made of the table of fields: `npm run generate`')
}

function mannerOf({ kind, isOptional }: EventField): Manner {
  if (kind === 'person') return 'optional_text'
  return kind === 'text' && isOptional ? 'optional_text' : kind
}

function isSent(name: string): name is keyof typeof SENT_FIELDS {
  return Object.hasOwn(SENT_FIELDS, name)
}

const TIME = { type: 'long', logicalType: 'timestamp-millis' }

/** The Avro type of a field, as schemas/event.avsc writes it. */
export function avroType({ stored, isOptional }: Pick<EventField, 'stored' | 'isOptional'>) {
  const type = stored === 'time' ? TIME : 'string'
  return isOptional ? ['null', type] : type
}
