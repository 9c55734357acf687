import { ALIASES, KEY_NAMES, SDK_NAMES } from '../contract/fields.ts'
import { IRREGULAR, isAt } from '../json/bytes.ts'

/** Parts of an event that are found in its bytes: each has a slot for where it begins and ends. */
export const SLOT = {
  event: 0,
  group_id: 1,
  user_id: 2,
  anonymous_id: 3,
  event_id: 4,
  timestamp: 5,
  sent_at: 6,
  properties: 7,
  context: 8,
  type: 9,
  writeKey: 10,
  /** `context.group_id`. */
  account: 11,
} as const

/** What SDKs carry along has the slots behind those, in the order of `SDK_NAMES`. */
export const FIRST_CARRIED_SLOT = 12
export const SLOT_COUNT = FIRST_CARRIED_SLOT + SDK_NAMES.length

interface Name {
  readonly bytes: Uint8Array
  readonly slot: number
}

/** Names by their length: three at most are compared. */
const namesByLength: readonly (readonly Name[])[] = groupByLength([
  ...Object.entries(ALIASES).flatMap(([part, names]) =>
    names.map((name) => ({ bytes: Buffer.from(name), slot: slotOfPart(part) })),
  ),
  ...KEY_NAMES.map((name) => ({ bytes: Buffer.from(name), slot: SLOT.writeKey })),
  ...SDK_NAMES.map((name, index) => ({
    bytes: Buffer.from(name),
    slot: FIRST_CARRIED_SLOT + index,
  })),
  { bytes: Buffer.from('type'), slot: SLOT.type },
])

/** The slot of a key; `IRREGULAR` for a name that is no part of an event. */
export function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const names = namesByLength[end - start]
  if (names === undefined) return IRREGULAR
  for (const name of names) if (isAt(bytes, start, name.bytes)) return name.slot
  return IRREGULAR
}

function slotOfPart(part: string): number {
  const slot = Object.entries(SLOT).find(([name]) => name === part)?.[1]
  if (slot === undefined) throw new Error(`no slot for ${part}`)
  return slot
}

function groupByLength(names: readonly Name[]): readonly (readonly Name[])[] {
  const longest = Math.max(...names.map(({ bytes }) => bytes.length))
  return Array.from({ length: longest + 1 }, (_, length) =>
    names.filter(({ bytes }) => bytes.length === length),
  )
}
