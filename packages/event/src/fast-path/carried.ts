import { SDK_NAMES } from '../contract/fields.ts'
import type { FastInput } from './fast-input.ts'
import { PLACE } from './ranges.ts'
import { FIRST_CARRIED_SLOT } from './slots.ts'

/** A field that an SDK carries along: its key as JSON text with the colon, and where its value lies in the body. */
export interface CarriedPart {
  readonly key: Buffer
  readonly start: number
  readonly end: number
}

const KEYS: readonly Buffer[] = SDK_NAMES.map((name) => Buffer.from(`${JSON.stringify(name)}:`))
const NOTHING: readonly CarriedPart[] = []

/** Keys of what SDKs carry along, at any depth; 0 when there is nothing of that kind. */
export function carriedKeys({ body, base }: FastInput): number {
  return Math.max(0, body.ranges.ints[base + PLACE.carriedKeys] ?? 0)
}

/** What becomes the event's `extra`, in the order in which it was sent. */
export function carriedParts(input: FastInput): readonly CarriedPart[] {
  if (carriedKeys(input) === 0) return NOTHING
  const { ints } = input.body.ranges
  return KEYS.flatMap((key, index) => {
    const at = input.base + (FIRST_CARRIED_SLOT + index) * 2
    const start = ints[at] ?? -1
    return start === -1 ? [] : { key, start, end: ints[at + 1] ?? -1 }
  }).toSorted((one, other) => one.start - other.start)
}
