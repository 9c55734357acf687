import type { Field, FieldName } from '../contract/fields.ts'
import { reject, warn, type Notes } from './notes.ts'
import { cut, describeValue } from '../contract/problem.ts'
import type { EventRules } from '../contract/rules.ts'

/** Not `-0`, which is `0` to most readers. */
const WHOLE_NUMBER = /^(?:0|-?[1-9]\d*)$/

/** An id of a person or an account that could be read. */
export interface ReadId {
  readonly id: string
  readonly field: Field
  /** It stands for "nothing"; what that means is for the caller to say. */
  readonly isPlaceholder: boolean
}

/**
 * Reads the id of a person or an account: a string as it is, a safe whole number as its digits (with a
 * warning). Anything else is a problem and gives `null`. Length and characters are the schema's to check.
 */
export function readId(
  notes: Notes,
  name: FieldName,
  field: Field,
  rules: Pick<EventRules, 'placeholderIds' | 'suspiciousIds'>,
): ReadId | null {
  const id = readAnyId(notes, name, field)
  if (id === null) return null
  const isPlaceholder = rules.placeholderIds.has(id)
  const isSuspicious = !isPlaceholder && rules.suspiciousIds.has(id.toLowerCase())
  if (isSuspicious) warn(notes, 'suspicious_id', field.pointer)
  return { id, field, isPlaceholder }
}

/** The same for the id of an event, which is the sender's: whatever it says, it means something. */
export function readEventId(notes: Notes, field: Field): string | null {
  return readAnyId(notes, 'event_id', field)
}

function readAnyId(notes: Notes, name: FieldName, field: Field): string | null {
  const id = idText(field)
  if (id === null) rejectType(notes, name, field)
  else if (typeof field.value === 'number') warn(notes, 'coerced_to_string', field.pointer)
  return id
}

/** Looks at the digits as sent: `1.0` and `1e3` are whole numbers only after parsing. */
function idText({ value, text }: Field): string | null {
  if (typeof value === 'string') return value
  return Number.isSafeInteger(value) && WHOLE_NUMBER.test(text) ? text : null
}

function rejectType(notes: Notes, name: FieldName, field: Field): void {
  const isNumber = typeof field.value === 'number'
  notes.settled.add(name)
  reject(notes, 'id_not_string', field.pointer, {
    detail: `${name} must be a string`,
    expected: 'a string',
    got: isNumber ? `number ${cut(field.text)}` : describeValue(field.value),
    suggestion: isNumber ? `send it as a string: ${JSON.stringify(cut(field.text))}` : null,
  })
}

export function rejectPlaceholder(notes: Notes, name: FieldName, field: Field): void {
  notes.settled.add(name)
  reject(notes, 'placeholder_id', field.pointer, {
    detail: `${name} is a placeholder, not an id`,
    expected: 'the real id',
    got: describeValue(field.value),
    suggestion: 'leave the field out when there is no id',
  })
}
