import { ID_KINDS, MAX_ID_BYTES } from './erased-id.ts'
import type { ErasedIds } from './erased-ids.ts'
import type { EventTimes } from './erased-spans.ts'
import { isErasedText } from './ids-in-text.ts'

/** Avro writes a length of up to 63 in one byte, of up to 8,191 in two: twice the length, seven bits at a time. */
const ONE_BYTE = 128

/**
 * Whether a record that nobody may be able to decode names an erased id: its key, every string of Avro that begins
 * anywhere in its value, and whatever in it is called like an id. A string of other data that happens to be an erased id
 * counts as one: rather one dead letter too many. Somebody within an account is found where the account is the key, or is
 * called like one.
 */
export function isErasedRecord(
  ids: ErasedIds,
  record: { readonly key: Buffer | null; readonly value: Buffer | null },
  times: EventTimes,
): boolean {
  const { key, value } = record
  if (ids.size === 0) return false
  if (key !== null && ids.has('group', key, times)) return true
  if (value === null) return false
  const groups = key === null ? [] : [key]
  return (
    hasAvroString(ids, { value, groups }, times) ||
    isErasedText(ids, value.toString('utf8'), times, groups)
  )
}

function hasAvroString(
  ids: ErasedIds,
  { value, groups }: { readonly value: Buffer; readonly groups: readonly Buffer[] },
  times: EventTimes,
): boolean {
  for (let at = 0; at < value.length; at++) {
    const low = value[at] ?? 0
    const isLong = low >= ONE_BYTE
    const doubled = isLong ? (low & 0x7f) | ((value[at + 1] ?? 0) << 7) : low
    const length = doubled >> 1
    const start = at + (isLong ? 2 : 1)
    if ((doubled & 1) === 1 || length === 0 || length > MAX_ID_BYTES) continue
    if (start + length > value.length) continue
    const text = value.subarray(start, start + length)
    if (ID_KINDS.some((kind) => ids.has(kind, text, times, groups))) return true
  }
  return false
}
