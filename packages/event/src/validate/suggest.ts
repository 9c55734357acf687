import { closestName } from '../normalise/edit-distance.ts'
import { isJsonObject, ownValue } from '../contract/event.ts'
import { SENT_FIELDS } from '../contract/event-fields.ts'
import { unknownFields, type Fields } from '../contract/fields.ts'
import { pointerOf } from '../json/pointer.ts'

/** Places where producers of other systems put what we take from elsewhere. */
const MISPLACED = {
  event: [['name'], ['event_type'], ['action'], ['properties', 'event']],
  group_id: [
    ['account_id'],
    ['accountId'],
    ['company_id'],
    ['organization_id'],
    ['tenant_id'],
    ['properties', 'group_id'],
    ['properties', 'groupId'],
    ['properties', 'account_id'],
    ['context', 'group', 'id'],
    ['context', 'account_id'],
    ['context', 'traits', 'group_id'],
    ['traits', 'group_id'],
    ['properties', '$groups'],
    ['groups'],
  ],
  user_id: [
    ['distinct_id'],
    ['user', 'id'],
    ['context', 'user_id'],
    ['context', 'userId'],
    ['properties', 'user_id'],
    ['properties', 'userId'],
    ['properties', 'distinct_id'],
  ],
} as const satisfies Record<string, readonly (readonly string[])[]>

/** Where a missing part of an event probably is, told as what to do about it; or `null`. */
export function suggestMove(
  name: keyof typeof MISPLACED,
  event: unknown,
  fields: Fields,
  pointer: string,
): string | null {
  for (const { name: typed, pointer: found } of unknownFields(fields, 'event').slice(0, 20)) {
    if (closestName(typed, SENT_FIELDS[name].names) !== null) return `rename ${found} to ${name}`
  }
  for (const path of MISPLACED[name]) {
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
