// What is made from the table of fields: the two schemas that others read, and the page that tells of an event.
import { avroType } from '@custom-events/codec'
import { EVENT_FIELDS, eventSchema, FIELD_NAMES, type EventField } from '@custom-events/event'
import { table } from '../markdown.ts'

/** schemas/event.schema.json */
export function eventSchemaFile(): string {
  return JSON.stringify(eventSchema, null, 2)
}

/** schemas/event.avsc: a field a line. */
export function eventAvroFile(): string {
  const head = {
    type: 'record',
    name: 'TrackedEvent',
    namespace: 'custom_events',
    doc: 'An accepted event. properties, context and extra are JSON text, as the producer sent them.',
  }
  const members = Object.entries(head).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
  const fields = EVENT_FIELDS.map((field) => JSON.stringify(avroField(field)))
  return `{\n${members.join(',\n')},\n"fields": [\n${fields.join(',\n')}\n]\n}\n`
}

function avroField({ name, avro, ...field }: EventField): object {
  return {
    name,
    type: avroType(field),
    ...(field.isOptional ? { default: null } : {}),
    ...(avro.doc === undefined ? {} : { doc: avro.doc }),
  }
}

/** docs/reference/event.md */
export function eventPage(): string {
  const rows = EVENT_FIELDS.map((field) => [
    code(field.name),
    sentAs(field),
    takes(field),
    code(field.conflict ?? (field.names.length > 1 ? 'alias_ignored' : undefined)),
    [field.missing, field.wrong].map(code).filter(Boolean).join(', '),
    field.about,
  ])
  return `# Fields of an event

<!-- Made by \`npm run generate\` from packages/event/src/contract/event-fields.ts. -->

In the order of a record. Of several names the first that is there counts; \`null\` counts as absent. Where two say
different things, the column tells what comes of it: \`alias_ignored\` is a warning, the others reject the event.
What a field may hold in full: [producers](../producers.md#an-event). The codes: [errors](errors.md). What others
read: [event.schema.json](../../schemas/event.schema.json), [event.avsc](../../schemas/event.avsc).

${table(['field', 'sent as', 'holds', 'two values', 'refused as', 'what it is'], rows)}
`
}

/** What stands between the two comments is what may be sent. */
const MARK = /(<!-- fields -->)[^]*?(<!-- \/fields -->)/

export function pageWithFields(page: string): string {
  const sent = FIELD_NAMES.flatMap((name) => EVENT_FIELDS.filter((field) => field.name === name))
  const rows = sent.map((field) => [
    code(field.name),
    placesOf(field).slice(1).map(code).join(', '),
    `${field.missing === undefined ? '' : 'required; '}${takes(field)}. ${field.about}`,
  ])
  return page.replace(MARK, (_, opening: string, closing: string) => {
    return `${opening}\n\n${table(['field', 'also as', 'what it holds'], rows)}\n\n${closing}`
  })
}

function sentAs(field: EventField): string {
  const places = placesOf(field)
  return places.length === 0 ? 'never' : places.map(code).join(', ')
}

/** Everything that it may be sent as, its own name first. */
function placesOf({ kind, names, envelopeNames = [] }: EventField): readonly string[] {
  const inContext = kind === 'account' ? names.map((name) => `context.${name}`) : []
  return [...names, ...inContext, ...envelopeNames.map((name) => `${name} beside a list`)]
}

const HOLDS = {
  text: 'a text',
  time: 'a time',
  json: 'an object, stored as JSON text',
} as const

function takes({ stored, chars, isOptional }: EventField): string {
  const limits = chars === undefined ? '' : `, ${chars[0]} to ${chars[1]} characters`
  return `${HOLDS[stored]}${limits}${isOptional ? '; or nothing' : ''}`
}

/** Its first word as code. */
function code(text: string | undefined): string {
  return text === undefined ? '' : text.replace(/^\S+/, '`$&`')
}
