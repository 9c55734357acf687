import type { CallKind } from './call-type.ts'
import { SENT_FIELDS, type FieldRow } from './event-fields.ts'
import { ownValue, type JsonObject } from './event.ts'
import type { Member, ScannedValue } from '../json/json-scan.ts'
import { pointerOf } from '../json/pointer.ts'

/** One value of an event, where it lies in the body and the text it was sent as. */
export interface Field {
  readonly name: string
  readonly value: unknown
  readonly pointer: string
  /** The value's JSON text as sent. */
  readonly text: string
  /** The key's JSON text as sent, with its quotes. */
  readonly keyText: string
  readonly keyCount: number
  /** Where the value's text begins in the body. */
  readonly start: number
}

/** The fields of an object that are there: `null` counts as absent. */
export type Fields = ReadonlyMap<string, Field>

/** @param pointer of the object in the body as sent. */
export function readFields(
  object: JsonObject,
  text: string,
  scanned: Pick<ScannedValue, 'members'>,
  pointer: string,
): Fields {
  const fields = new Map<string, Field>()
  for (const member of scanned.members) {
    const value = ownValue(object, member.key)
    if (value !== undefined) fields.set(member.key, fieldOf(member, value, text, pointer))
  }
  return fields
}

function fieldOf(member: Member, value: unknown, text: string, pointer: string): Field {
  return {
    name: member.key,
    value,
    pointer: pointerOf(pointer, member.key),
    text: text.slice(member.start, member.end),
    keyText: text.slice(member.keyStart, member.keyEnd),
    keyCount: member.keyCount,
    start: member.start,
  }
}

/** JSON object text made of fields, each exactly as it was sent. */
export function objectText(fields: Iterable<Field>): string {
  let members = ''
  for (const { keyText, text } of fields)
    members += `${members === '' ? '' : ','}${keyText}:${text}`
  return `{${members}}`
}

/** Keys of these fields, at any depth, their own included. */
export function keysOf(fields: Iterable<Field>): number {
  let keys = 0
  for (const { keyCount } of fields) keys += 1 + keyCount
  return keys
}

/** The name of a field that is sent. */
export type FieldName = keyof typeof SENT_FIELDS

/** In the order of the table. */
export const FIELD_NAMES: readonly FieldName[] = Object.keys(SENT_FIELDS).filter((name) =>
  isFieldName(name),
)

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(SENT_FIELDS, name)
}

export type NameOfKind<Kind extends FieldRow['kind']> = {
  [Name in FieldName]: (typeof SENT_FIELDS)[Name]['kind'] extends Kind ? Name : never
}[FieldName]

/** Its row, of which parts may be missing. */
export function rowOf(name: FieldName): FieldRow {
  return SENT_FIELDS[name]
}

/** Whether a field is read in this manner. */
export function isOfKind<Kind extends FieldRow['kind']>(
  name: FieldName,
  kind: Kind,
): name is NameOfKind<Kind> {
  return SENT_FIELDS[name].kind === kind
}

/** The key of an SDK: never kept. */
export const KEY_NAMES = ['writeKey', 'api_key'] as const

/** What SDKs carry along: kept in `extra` like every unknown name, but nothing that an SDK's user can mend. */
export const SDK_NAMES = [
  'integrations',
  '_metadata',
  'channel',
  'version',
  'rudderId',
  'options',
] as const

/** What the account may be called in `context`. */
export const ACCOUNT_NAMES_IN_CONTEXT: readonly string[] = SENT_FIELDS.group_id.names

export const KNOWN_NAMES: readonly string[] = FIELD_NAMES.flatMap((name) => SENT_FIELDS[name].names)
const NOT_EXTRA: ReadonlySet<string> = new Set([...KNOWN_NAMES, ...KEY_NAMES])

/** Fields that are no part of an event. @param kind whether `type` is one of them. */
export function unknownFields(fields: Fields, kind: CallKind): readonly Field[] {
  return [...fields.values()].filter(({ name }) =>
    name === 'type' ? kind === 'extra' : !NOT_EXTRA.has(name),
  )
}
