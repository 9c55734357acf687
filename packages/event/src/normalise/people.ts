import { SENT_FIELDS } from '../contract/event-fields.ts'
import type { Fields } from '../contract/fields.ts'
import { readId, rejectPlaceholder, type ReadId } from './ids.ts'
import type { NormaliseContext } from './normalise-context.ts'
import { presentIds, takeField, warn, type Notes } from './notes.ts'

/** Who did it; `null` for what was not sent. */
export interface People {
  readonly user_id: string | null
  readonly anonymous_id: string | null
}

type Person = keyof People

/**
 * Reads both ids of a person. A placeholder beside a good id counts as absent: the event has somebody.
 * Alone it is a mistake that would gather all of its events in one person who does not exist.
 */
export function readPeople(notes: Notes, fields: Fields, { rules }: NormaliseContext): People {
  const read = (name: Person): ReadId | null => {
    const named = presentIds(notes, fields, SENT_FIELDS[name].names)
    const field = takeField(notes, name, named)
    return field === null ? null : readId(notes, name, field, rules)
  }
  const user = read('user_id')
  const anonymous = read('anonymous_id')
  return {
    user_id: settled(notes, 'user_id', user, anonymous),
    anonymous_id: settled(notes, 'anonymous_id', anonymous, user),
  }
}

function settled(
  notes: Notes,
  name: Person,
  person: ReadId | null,
  other: ReadId | null,
): string | null {
  if (person === null) return null
  if (!person.isPlaceholder) return person.id
  if (other === null || other.isPlaceholder) rejectPlaceholder(notes, name, person.field)
  else warn(notes, 'placeholder_dropped', person.field.pointer)
  return null
}
