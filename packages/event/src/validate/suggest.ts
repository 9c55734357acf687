import { closestName } from '../normalise/edit-distance.ts'
import { isJsonObject, ownValue } from '../contract/event.ts'
import { SENT_FIELDS } from '../contract/event-fields.ts'
import { unknownFields, type Fields } from '../contract/fields.ts'
import { pointerOf } from '../json/pointer.ts'

/** Objects of an event in which its own fields are looked for. */
const INSIDE = ['properties', 'context'] as const
/** What producers of other systems call it, beside its own names. */
const CALLED_ELSEWHERE = {
  event: [['name'], ['event_type'], ['action']],
  group_id: [
    ['account_id'],
    ['accountId'],
    ['company_id'],
    ['organization_id'],
    ['tenant_id'],
    ['properties', 'account_id'],
    ['context', 'group', 'id'],
    ['context', 'account_id'],
    ['context', 'traits', 'group_id'],
    ['traits', 'group_id'],
    ['properties', '$groups'],
    ['groups'],
  ],
  user_id: [['distinct_id'], ['user', 'id'], ['properties', 'distinct_id']],
} as const satisfies Record<string, readonly (readonly string[])[]>

/** Where a missing part of an event probably is, told as what to do about it; or `null`. */
export function suggestMove(
  name: keyof typeof CALLED_ELSEWHERE,
  event: unknown,
  fields: Fields,
  pointer: string,
): string | null {
  for (const { name: typed, pointer: found } of unknownFields(fields, 'event').slice(0, 20)) {
    if (closestName(typed, SENT_FIELDS[name].names) !== null) return `rename ${found} to ${name}`
  }
  const own = INSIDE.flatMap((object) => SENT_FIELDS[name].names.map((each) => [object, each]))
  for (const path of [...own, ...CALLED_ELSEWHERE[name]]) {
    if (!isThere(event, path)) continue
    return `move ${pointerOf(pointer, ...path)} to ${pointerOf(pointer, name)}`
  }
  return null
}

function isThere(event: unknown, path: readonly string[]): boolean {
  let value = event
  for (const key of path) value = isJsonObject(value) ? ownValue(value, key) : undefined
  return value !== undefined
}
