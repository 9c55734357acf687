import { isJsonObject, type JsonObject } from '../contract/event.ts'
import { SENT_FIELDS } from '../contract/event-fields.ts'
import {
  ACCOUNT_NAMES_IN_CONTEXT,
  keysOf,
  objectText,
  readFields,
  type Field,
  type Fields,
} from '../contract/fields.ts'
import { readId, rejectPlaceholder } from './ids.ts'
import { scanMember, scanValue, type ScannedValue } from '../json/json-scan.ts'
import type { EnvelopeContext, EventInput, NormaliseContext } from './normalise-context.ts'
import { presentIds, reject, rejectConflict, warn, type Notes } from './notes.ts'

/** The context of an event after the envelope's was laid under it. */
export interface MergedContext {
  /** For the schema: an object when both were, else whatever was not. */
  readonly value: unknown
  /** JSON object text. */
  readonly text: string
  readonly fields: Fields
}

const NO_FIELDS: Fields = new Map()

/** An event's own context over the envelope's: each of its keys wins, the others are added. */
export function readContext(
  notes: Notes,
  input: EventInput,
  fields: Fields,
  { envelopeContext, rules }: NormaliseContext,
): MergedContext {
  const own = mapField(notes, fields.get('context') ?? null)
  if (own !== null) notes.pointers.set('context', own.pointer)
  else if (envelopeContext !== null) notes.pointers.set('context', envelopeContext.pointer)
  const ownFields = own === null ? NO_FIELDS : fieldsOf(own, input.text)
  if (envelopeContext === null) {
    return { value: own?.value ?? {}, text: own?.text ?? '{}', fields: ownFields }
  }
  const { value, text, object, fields: defaults } = envelopeContext
  if (envelopeContext.isEmptyList) warn(notes, 'empty_list', envelopeContext.pointer)
  if (own === null || object === null) return { value, text, fields: defaults }
  const merged = new Map([...defaults, ...ownFields])
  checkKeys(notes, merged, own.pointer, rules)
  return { value: own.value, text: objectText(merged.values()), fields: merged }
}

/** Each may be within the limit, and both together not. */
function checkKeys(
  notes: Notes,
  fields: Fields,
  pointer: string,
  { maxKeys }: NormaliseContext['rules'],
): void {
  const keys = keysOf(fields.values())
  if (keys <= maxKeys) return
  reject(notes, 'too_many_properties', pointer, {
    detail: `with the context beside the list the context holds ${keys} keys`,
    expected: `at most ${maxKeys} keys`,
  })
}

/** PHP writes an empty map as an empty list. */
export function mapField(notes: Notes, field: Field | null): Field | null {
  if (field === null || !isEmptyList(field.value)) return field
  warn(notes, 'empty_list', field.pointer)
  return { ...field, value: {}, text: '{}', keyCount: 0 }
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function fieldsOf(field: Field, text: string): Fields {
  if (!isJsonObject(field.value)) return NO_FIELDS
  const scanned = scanValue(text, field.pointer, field.start)
  return readFields(field.value, text, scanned, field.pointer)
}

/** The account, wherever it was named; every place that names one must agree. */
export function readGroupId(
  notes: Notes,
  fields: Fields,
  contextFields: Fields,
  { rules }: NormaliseContext,
): string | null {
  const named = [
    ...presentIds(notes, fields, SENT_FIELDS.group_id.names),
    ...presentIds(notes, contextFields, ACCOUNT_NAMES_IN_CONTEXT),
  ]
  const known = named.flatMap((field) => {
    const read = readId(notes, 'group_id', field, rules)
    if (read?.isPlaceholder !== true) return read ?? []
    rejectPlaceholder(notes, 'group_id', field)
    return []
  })
  const [first] = known
  if (first === undefined) return null
  notes.pointers.set('group_id', first.field.pointer)
  if (known.every(({ id }) => id === first.id)) return first.id
  rejectConflict(
    notes,
    'group_id',
    known.map(({ field }) => field),
  )
  return null
}

/** The `context` beside a list of events, or `null` when there is none. */
export function readEnvelopeContext(
  envelope: JsonObject,
  text: string,
  scanned: ScannedValue,
): EnvelopeContext | null {
  const field = readFields(envelope, text, scanned, '').get('context')
  if (field === undefined) return null
  const { pointer } = field
  const isEmpty = isEmptyList(field.value)
  const value = isEmpty ? {} : field.value
  return {
    value,
    text: isEmpty ? '{}' : field.text,
    pointer,
    isEmptyList: isEmpty,
    object: isJsonObject(value) ? value : null,
    fields: isEmpty ? NO_FIELDS : fieldsOf(field, text),
    findings: scanMember(text, { key: 'context', start: field.start }),
  }
}
