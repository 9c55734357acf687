import type { CallKind } from './call-type.ts'
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

/** Names under which each part of an event may be sent; the first that is there is taken. */
export const ALIASES = {
  event: ['event', 'event_name'],
  group_id: ['group_id', 'groupId'],
  user_id: ['user_id', 'userId'],
  anonymous_id: ['anonymous_id', 'anonymousId'],
  event_id: ['event_id', 'messageId', 'message_id', 'insert_id', 'uuid'],
  timestamp: ['timestamp', 'originalTimestamp', 'original_timestamp'],
  sent_at: ['sent_at', 'sentAt'],
  properties: ['properties'],
  context: ['context'],
} as const satisfies Record<string, readonly string[]>

export type FieldName = keyof typeof ALIASES

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

export const KNOWN_NAMES: readonly string[] = Object.values(ALIASES).flat()
const NOT_EXTRA: ReadonlySet<string> = new Set([...KNOWN_NAMES, ...KEY_NAMES])

/** Fields that are no part of an event. @param kind whether `type` is one of them. */
export function unknownFields(fields: Fields, kind: CallKind): readonly Field[] {
  return [...fields.values()].filter(({ name }) =>
    name === 'type' ? kind === 'extra' : !NOT_EXTRA.has(name),
  )
}
