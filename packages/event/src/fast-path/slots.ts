import {
  FIELD_NAMES,
  isOfKind,
  KEY_NAMES,
  rowOf,
  SDK_NAMES,
  type FieldName,
} from '../contract/fields.ts'
import { IRREGULAR, isAt } from '../json/bytes.ts'

/**
 * Parts of an event that are found in its bytes each have a slot, for where they begin and end: the fields in the
 * order of the table, then these, then what SDKs carry along in the order of `SDK_NAMES`.
 */
export const TYPE_SLOT = FIELD_NAMES.length
export const WRITE_KEY_SLOT = TYPE_SLOT + 1
/** The account that the context names. */
export const CONTEXT_ACCOUNT_SLOT = TYPE_SLOT + 2
export const FIRST_CARRIED_SLOT = TYPE_SLOT + 3
export const SLOT_COUNT = FIRST_CARRIED_SLOT + SDK_NAMES.length

/** Which slots were seen is kept in the bits of a number. */
const MAX_SLOTS = 31
if (SLOT_COUNT > MAX_SLOTS) throw new Error(`more than ${MAX_SLOTS} parts of an event`)

/** Ask once, when the program starts. */
export function slotOf(name: FieldName): number {
  return FIELD_NAMES.indexOf(name)
}

/** The slots of the fields that are read in this manner. */
export function slotsOfKind(kind: Parameters<typeof isOfKind>[1]): readonly number[] {
  return FIELD_NAMES.filter((name) => isOfKind(name, kind)).map(slotOf)
}

interface Name {
  readonly bytes: Uint8Array
  readonly slot: number
}

/** Names by their length: three at most are compared. */
const namesByLength: readonly (readonly Name[])[] = groupByLength([
  ...FIELD_NAMES.flatMap((field) => {
    return (rowOf(field).names ?? []).map((name) => nameOf(name, slotOf(field)))
  }),
  ...KEY_NAMES.map((name) => nameOf(name, WRITE_KEY_SLOT)),
  ...SDK_NAMES.map((name, index) => nameOf(name, FIRST_CARRIED_SLOT + index)),
  nameOf('type', TYPE_SLOT),
])

function nameOf(name: string, slot: number): Name {
  return { bytes: Buffer.from(name), slot }
}

/** The slot of a key; `IRREGULAR` for a name that is no part of an event. */
export function slotOfKey(bytes: Uint8Array, start: number, end: number): number {
  const names = namesByLength[end - start]
  if (names === undefined) return IRREGULAR
  for (const name of names) if (isAt(bytes, start, name.bytes)) return name.slot
  return IRREGULAR
}

function groupByLength(names: readonly Name[]): readonly (readonly Name[])[] {
  const longest = Math.max(...names.map(({ bytes }) => bytes.length))
  return Array.from({ length: longest + 1 }, (_, length) =>
    names.filter(({ bytes }) => bytes.length === length),
  )
}
