import { SLOT_COUNT } from './slots.ts'

/** Two for each slot: where it begins and ends; -1 and -1 for what was not sent. Then those of `PLACE`. */
export const INTS_OF_EVENT = SLOT_COUNT * 2 + 7

/** What is kept of each event beside its slots. A time takes two: its upper and its lower 32 bits. */
export const PLACE = {
  start: SLOT_COUNT * 2,
  end: SLOT_COUNT * 2 + 1,
  timestamp: SLOT_COUNT * 2 + 2,
  sentAt: SLOT_COUNT * 2 + 4,
  /** Keys of what SDKs carry along, at any depth; -1: there is nothing of that kind. */
  carriedKeys: SLOT_COUNT * 2 + 6,
} as const

/** Where the parts of the events of one body lie. */
export interface Ranges {
  readonly bytes: Buffer
  readonly ints: Int32Array
}

/** Those of a body that is being read. */
export interface GrowingRanges extends Ranges {
  ints: Int32Array
}

/** At most for a body that is about to be read: 128 KiB, some 760 events. */
const MAX_FIRST_INTS = 32_768
/** Shorter than most events: an array that is too small is copied into a larger one. */
const BYTES_OF_SHORT_EVENT = 256

/** For the events of a body, of which nobody knows how many there are. */
export function startRanges(bytes: Buffer): GrowingRanges {
  const ints = Math.ceil(bytes.length / BYTES_OF_SHORT_EVENT) * INTS_OF_EVENT
  return { bytes, ints: new Int32Array(Math.min(ints, MAX_FIRST_INTS)) }
}

/** Room for the event of this number, with nothing in it. @returns where it begins. */
export function makeRoom(ranges: GrowingRanges, index: number): number {
  const start = index * INTS_OF_EVENT
  if (start + INTS_OF_EVENT > ranges.ints.length) grow(ranges)
  const { ints } = ranges
  // So few are quicker set here than by calling `fill`.
  for (let at = start; at < start + INTS_OF_EVENT; at += 1) ints[at] = -1
  return start
}

function grow(ranges: GrowingRanges): void {
  const larger = new Int32Array(2 * ranges.ints.length)
  larger.set(ranges.ints)
  ranges.ints = larger
}

/** A whole number from 0 to 2^53, in two ints: a number of its own would be an object more. */
export function putTime(ints: Int32Array, at: number, ms: number): void {
  ints[at] = Math.floor(ms / 2 ** 32)
  ints[at + 1] = ms % 2 ** 32
}

/** -1 where none was put. */
export function timeAt(ints: Int32Array, at: number): number {
  const upper = ints[at] ?? -1
  return upper === -1 ? -1 : upper * 2 ** 32 + ((ints[at + 1] ?? 0) >>> 0)
}
