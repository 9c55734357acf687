import { pointerOf } from '../json/pointer.ts'
import type { Warning } from '../contract/problem.ts'
import { COLON, QUOTE } from '../json/bytes.ts'
import { slotEnd, slotStart } from './fast-event.ts'
import type { FastInput } from './fast-input.ts'
import { slotsOfKind } from './slots.ts'

const NO_WARNINGS: readonly never[] = []

const PEOPLE = slotsOfKind('person')
const PEOPLE_BITS = PEOPLE.reduce((bits, slot) => bits | (1 << slot), 0)

/** Of those an empty text counts as absent: RudderStack's pages say so of every stranger. */
export function isPersonSlot(slot: number): boolean {
  return (PEOPLE_BITS & (1 << slot)) !== 0
}

/** Notes where an empty id lies: its slot has an end, but no start, as if it had not been sent. */
export function noteEmpty(ints: Int32Array, at: number, end: number): void {
  ints[at + 1] = end
}

/** The warnings of an event that is accepted on the fast path, in the order of the reference path. */
export function warningsOnFastPath(input: FastInput): readonly Warning[] {
  for (const slot of PEOPLE) {
    if (isEmpty(input, slot)) {
      return PEOPLE.filter((each) => isEmpty(input, each)).map((each) => emptyId(input, each))
    }
  }
  return NO_WARNINGS
}

function isEmpty(input: FastInput, slot: number): boolean {
  return slotStart(input, slot) === -1 && slotEnd(input, slot) !== -1
}

function emptyId(input: FastInput, slot: number): Warning {
  const key = keyBefore(input.body.ranges.bytes, slotEnd(input, slot) - 1)
  return { code: 'empty_id', pointer: pointerOf(input.pointer, key) }
}

/** @param at the opening quote of its value; between it and the key are a colon and white space. */
function keyBefore(bytes: Buffer, at: number): string {
  const end = bytes.lastIndexOf(QUOTE, bytes.lastIndexOf(COLON, at))
  return bytes.toString('utf8', bytes.lastIndexOf(QUOTE, end - 1) + 1, end)
}
