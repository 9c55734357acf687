import { FIXED_BYTES, readInteger, readLength, type Cursor } from './native-datum.ts'
import type { Step, WalkPlan } from './native-schema.ts'

const NOTHING = Buffer.alloc(0)

/**
 * Values of some columns of one datum that was measured and found whole, as text: strings byte for byte,
 * whole numbers in decimal, null and what is absent as nothing. For the few records that are looked at one
 * by one.
 */
export function readFields(
  datum: { readonly bytes: Buffer; readonly at: number; readonly plan: WalkPlan },
  columns: readonly number[],
): readonly Buffer[] {
  const cursor: Cursor = { at: datum.at, lo: 0, hi: 0 }
  const found = new Map<number, Buffer>()
  for (const step of datum.plan.steps) {
    const isNull =
      step.nullBranch !== -1 && (datum.bytes[cursor.at++] ?? 0) >> 1 === step.nullBranch
    if (!isNull) found.set(step.column, readValue(datum.bytes, step, cursor))
  }
  return columns.map((column) => found.get(column) ?? NOTHING)
}

function readValue(bytes: Buffer, { kind }: Step, cursor: Cursor): Buffer {
  if (kind === 'string') {
    const length = readLength(bytes, cursor)
    cursor.at += length
    return bytes.subarray(cursor.at - length, cursor.at)
  }
  if (kind === 'long' || kind === 'int') {
    readInteger(bytes, cursor)
    const value = (BigInt(cursor.hi) << 32n) | BigInt(cursor.lo >>> 0)
    return Buffer.from(String(value))
  }
  cursor.at += FIXED_BYTES[kind]
  return NOTHING
}
