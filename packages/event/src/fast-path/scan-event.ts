import {
  CLOSE_OBJECT,
  COLON,
  COMMA,
  IRREGULAR,
  isAt,
  NULL,
  nullEnd,
  OPEN_OBJECT,
  plainTextEnd,
  QUOTE,
  skipSpace,
} from '../json/bytes.ts'
import { isPersonSlot, noteEmpty } from './empty-ids.ts'
import type { OpenPart } from './open-part.ts'
import { PLACE, type Ranges } from './ranges.ts'
import { CONTEXT_ACCOUNT_SLOT, FIRST_CARRIED_SLOT, slotOf, slotOfKey, TYPE_SLOT } from './slots.ts'

const CONTEXT = slotOf('context')
const PROPERTIES = slotOf('properties')

/** A body that is being read. */
export interface Scan {
  readonly ranges: Ranges
  readonly open: OpenPart
}

/**
 * Finds the parts of an event that has nothing unusual: known names, once each; ids and times as
 * strings without escapes; open parts in which there is nothing to find.
 *
 * @param start its opening bracket. @param base where its slots begin.
 * @returns where it ends, or `IRREGULAR`.
 */
export function scanEvent(scan: Scan, start: number, base: number): number {
  const { bytes } = scan.ranges
  let seen = 0
  let at = skipSpace(bytes, start + 1)
  for (;;) {
    if (bytes[at] !== QUOTE) return IRREGULAR
    const keyEnd = plainTextEnd(bytes, at + 1)
    const slot = keyEnd === IRREGULAR ? IRREGULAR : slotOfKey(bytes, at + 1, keyEnd)
    if (slot === IRREGULAR || (seen & (1 << slot)) !== 0) return IRREGULAR
    seen |= 1 << slot
    at = skipSpace(bytes, keyEnd + 1)
    if (bytes[at] !== COLON) return IRREGULAR
    at = takePart(scan, skipSpace(bytes, at + 1), base, slot)
    if (at === IRREGULAR) return IRREGULAR
    at = skipSpace(bytes, at)
    const byte = bytes[at]
    if (byte === CLOSE_OBJECT) return at + 1
    if (byte !== COMMA) return IRREGULAR
    at = skipSpace(bytes, at + 1)
  }
}

function takePart(scan: Scan, at: number, base: number, slot: number): number {
  const { open } = scan
  const { bytes, ints } = scan.ranges
  if (slot >= FIRST_CARRIED_SLOT) return takeCarried(scan, at, base, slot)
  const byte = bytes[at]
  if (byte === OPEN_OBJECT) {
    if (slot !== PROPERTIES && slot !== CONTEXT) return IRREGULAR
    const end = slot === PROPERTIES ? open.take(at) : takeContext(open, ints, at, base)
    ints[base + slot * 2] = at
    ints[base + slot * 2 + 1] = end
    return end
  }
  if (byte !== QUOTE) return nullEnd(bytes, at) // null counts as absent
  if (slot === PROPERTIES || slot === CONTEXT) return IRREGULAR
  const end = plainTextEnd(bytes, at + 1)
  if (end === IRREGULAR || (slot === TYPE_SLOT && !isTracked(bytes, at + 1, end))) return IRREGULAR
  if (end === at + 1 && isPersonSlot(slot)) {
    noteEmpty(ints, base + slot * 2, end)
    return end + 1
  }
  ints[base + slot * 2] = at + 1
  ints[base + slot * 2 + 1] = end
  return end + 1
}

/** Any value; `null` counts as absent. */
function takeCarried(
  { open, ranges: { bytes, ints } }: Scan,
  at: number,
  base: number,
  slot: number,
): number {
  if (isAt(bytes, at, NULL)) return at + NULL.length
  const end = open.take(at)
  const keys = Math.max(0, ints[base + PLACE.carriedKeys] ?? 0)
  ints[base + PLACE.carriedKeys] = keys + 1 + open.keyCount
  ints[base + slot * 2] = at
  ints[base + slot * 2 + 1] = end
  return end
}

function takeContext(open: OpenPart, ints: Int32Array, at: number, base: number): number {
  const end = open.takeContext(at)
  ints[base + CONTEXT_ACCOUNT_SLOT * 2] = open.accountStart
  ints[base + CONTEXT_ACCOUNT_SLOT * 2 + 1] = open.accountEnd
  return end
}

const TRACKED = [Buffer.from('track'), Buffer.from('event')]

/** Other types are calls of SDKs that are no events. */
function isTracked(bytes: Uint8Array, start: number, end: number): boolean {
  return TRACKED.some((type) => type.length === end - start && isAt(bytes, start, type))
}
