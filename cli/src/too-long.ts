import { maxCharsOf, type IdKind } from '@custom-events/event'

/** Why nobody has this id: it has more characters than ingest takes. @returns `null` when somebody may have it */
export function tooLong(kind: IdKind, id: string): string | null {
  const [max, chars] = [maxCharsOf(kind), Array.from(id).length]
  return chars > max ? `expected at most ${max} characters, got ${chars}: no id has more` : null
}
