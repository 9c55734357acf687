import { createHash } from 'node:crypto'

/** Short enough that a file is named so, beside the name of a database and a UUID. */
const MAX_CHARS = 60

/** The name of the view of an event, if nothing else has it: letters, digits and `_` of ASCII, typed without quotes. */
export function viewName(event: string): string {
  return `event_${plainName(event.toLowerCase())}`
}

/**
 * The name of the column of a property, if nothing else has it. A case is kept, as properties are JSON's.
 *
 * @param base columns that every view has.
 */
export function columnName(property: string, base: ReadonlySet<string>): string {
  const name = plainName(property)
  return base.has(name) || /^[0-9]/.test(name) ? `property_${name}` : name
}

/**
 * Letters without their marks, everything else that is no letter or digit as `_`. Where letters are lost, as those of other
 * scripts are, or are too many, a hash of the whole name follows. Begins with a letter or digit: the engine's
 * own columns begin with `_`.
 */
function plainName(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  const name = plain.replaceAll(/\W+/g, '_').replace(/^_+/, '')
  const isWhole = name !== '' && name.length <= MAX_CHARS && !/[^\p{ASCII}]/u.test(plain)
  return isWhole ? name : suffixed(name.slice(0, MAX_CHARS), text)
}

function suffixed(name: string, key: string, digits = 8): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, digits)
  return name === '' ? hash : `${name.replace(/_+$/, '')}_${hash}`
}

export interface NamesInUse {
  /** What has a name already, and keeps it: a query that names it must not get something else. */
  readonly nameByKey: ReadonlyMap<string, string>
  /** Names that are others'. */
  readonly taken: ReadonlySet<string>
}

/**
 * A name for each key, all of them different. Of several that want one name the key that is spelt so has it, else the first;
 * the others get a hash behind it.
 *
 * @param wantedName the name that a key would have alone.
 */
export function assignNames(
  keys: readonly string[],
  wantedName: (key: string) => string,
  { nameByKey, taken }: NamesInUse,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const used = new Set(taken)
  const give = (key: string, name: string): void => {
    names.set(key, name)
    used.add(name)
  }
  for (const key of keys) {
    const name = nameByKey.get(key)
    if (name !== undefined && !used.has(name)) give(key, name)
  }
  const rest = keys.filter((key) => !names.has(key))
  const spelt = rest
    .filter((key) => wantedName(key).endsWith(key))
    .toSorted((one, other) => other.length - one.length) // `property_time` before `time`, where both want the former
  for (const key of new Set([...spelt, ...rest])) {
    const wanted = wantedName(key)
    const free = [0, 8, 16, 64]
      .map((digits) => (digits === 0 ? wanted : suffixed(wanted, key, digits)))
      .find((name) => !used.has(name))
    if (free !== undefined) give(key, free) // four names of other keys, three of them hashes of this one: never
  }
  return names
}
