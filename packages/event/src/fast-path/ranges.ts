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
  /** Where those of its first event begin. */
  readonly base: number
}

/** Those of a body that is being read. */
export interface GrowingRanges extends Ranges {
  ints: Int32Array
  base: number
}

/**
 * Bodies take pieces of one array: an array for each costs more than reading a small body. 128 KiB, about
 * 1,000 events; it lives as long as the last of its bodies.
 */
const POOL_INTS = 32_768
const pool = { ints: new Int32Array(POOL_INTS), used: 0 }

/** Until `keepRanges` nobody else may take ranges: reading such a body never waits. */
export function startRanges(bytes: Buffer): GrowingRanges {
  return { bytes, ints: pool.ints, base: pool.used }
}

/** For a body whose reading may wait while others are read. */
export function startOwnRanges(bytes: Buffer): GrowingRanges {
  return { bytes, ints: new Int32Array(POOL_INTS), base: 0 }
}

/** Room for the event of this number, with nothing in it. @returns where it begins. */
export function makeRoom(ranges: GrowingRanges, index: number): number {
  let start = ranges.base + index * INTS_OF_EVENT
  if (start + INTS_OF_EVENT > ranges.ints.length) {
    moveOut(ranges, index * INTS_OF_EVENT)
    start = index * INTS_OF_EVENT
  }
  const { ints } = ranges
  // So few are quicker set here than by calling `fill`.
  for (let at = start; at < start + INTS_OF_EVENT; at += 1) ints[at] = -1
  return start
}

function moveOut(ranges: GrowingRanges, taken: number): void {
  const larger = new Int32Array(Math.max(POOL_INTS, 2 * taken + INTS_OF_EVENT))
  larger.set(ranges.ints.subarray(ranges.base, ranges.base + taken))
  if (larger.length === POOL_INTS) Object.assign(pool, { ints: larger, used: 0 })
  ranges.ints = larger
  ranges.base = 0
}

/** The body was read: what it took stays its own. */
export function keepRanges({ ints, base }: Ranges, events: number): void {
  if (ints === pool.ints) pool.used = base + events * INTS_OF_EVENT
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
