import {
  beginValue,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  codeAt,
  cursorAt,
  find,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SCAN_LIMITS,
  skipContainer,
  skipSpace,
  takeScalar,
  takeSequence,
  takeText,
  type Cursor,
  type Finding,
  type ScanLimits,
} from './json-cursor.ts'
import { pointerOf } from './pointer.ts'

/**
 * Where the parts of a JSON text lie, and what `JSON.parse` hides: duplicate keys, lone surrogates,
 * numbers that cannot be kept exactly, depth and key counts. The text must already have been parsed
 * without an error; the scanner only finds its way, it does not check the grammar again.
 */

/** One key and value of an object; offsets are characters of the text, ends are exclusive. */
export interface Member {
  readonly key: string
  readonly keyStart: number
  readonly keyEnd: number
  readonly start: number
  readonly end: number
  /** Keys inside the value, at any depth. */
  readonly keyCount: number
}

/** One value of the text; `members` are empty when it is not an object. */
export interface ScannedValue {
  readonly start: number
  readonly end: number
  readonly members: readonly Member[]
  readonly findings: readonly Finding[]
}

/** A body that is a list: `{"batch":[…]}`, with the fields beside the list, or a bare array. */
export interface ScannedList {
  readonly elements: readonly ScannedValue[]
  readonly envelope: ScannedValue
}

/** Scans one value, normally an event. @param pointer where the value lies in the body as sent. */
export function scanValue(
  text: string,
  pointer: string,
  start = 0,
  limits: ScanLimits = SCAN_LIMITS,
): ScannedValue {
  return takeElement(cursorAt(text, start, limits), pointer)
}

/**
 * What is wrong inside one member of an object: all of it, where a scan of the whole object keeps the first
 * findings of each kind, wherever they are.
 *
 * @param member where its value begins, and its key, from which pointers go on.
 */
export function scanMember(
  text: string,
  { key, start }: Pick<Member, 'key' | 'start'>,
  limits: ScanLimits = SCAN_LIMITS,
): readonly Finding[] {
  const cursor = cursorAt(text, start, limits)
  cursor.path.push(key)
  takeAny(cursor, 0)
  return cursor.findings
}

/** Scans a list of events: the array at `listKey` of the body's object, or the body itself (`null`). */
export function scanList(
  text: string,
  listKey: string | null,
  limits: ScanLimits = SCAN_LIMITS,
): ScannedList {
  const cursor = cursorAt(text, 0, limits)
  skipSpace(cursor)
  if (listKey === null) {
    const elements = takeElements(cursor, '')
    return { elements, envelope: { start: 0, end: cursor.at, members: [], findings: [] } }
  }
  let elements: readonly ScannedValue[] = []
  const start = cursor.at
  const members = takeMembers(cursor, 0, (key) => {
    // A list key sent twice may be something else the first time; the sender is told later.
    if (key !== listKey || codeAt(cursor) !== OPEN_ARRAY) return takeAny(cursor, 0)
    const inner = cursorAt(text, cursor.at, limits)
    elements = takeElements(inner, pointerOf('', listKey))
    cursor.at = inner.at
  })
  const envelope = { start, end: cursor.at, members, findings: cursor.findings }
  return { elements, envelope }
}

function takeElements(cursor: Cursor, pointer: string): readonly ScannedValue[] {
  const elements: ScannedValue[] = []
  takeSequence(cursor, CLOSE_ARRAY, () => {
    elements.push(takeElement(cursor, pointerOf(pointer, elements.length)))
  })
  return elements
}

function takeElement(cursor: Cursor, pointer: string): ScannedValue {
  beginValue(cursor, pointer)
  skipSpace(cursor)
  const start = cursor.at
  let members: readonly Member[] = []
  if (codeAt(cursor) === OPEN_OBJECT) {
    members = takeMembers(cursor, 0, () => takeAny(cursor, 0))
  } else {
    takeAny(cursor, 0)
  }
  return { start, end: cursor.at, members, findings: cursor.findings }
}

/** Takes an object whose members are wanted; `takeMember` consumes one value. */
function takeMembers(
  cursor: Cursor,
  depth: number,
  takeMember: (key: string) => void,
): readonly Member[] {
  const members: Member[] = []
  takeObject(cursor, depth, (key, keyStart, keyEnd) => {
    cursor.keyCount = 0
    const start = cursor.at
    takeMember(key)
    members.push({ key, keyStart, keyEnd, start, end: cursor.at, keyCount: cursor.keyCount })
  })
  return members
}

/** @param depth containers around this value, inside its member of the event. */
function takeAny(cursor: Cursor, depth: number): void {
  switch (codeAt(cursor)) {
    case QUOTE:
      takeText(cursor)
      return
    case OPEN_OBJECT:
    case OPEN_ARRAY:
      return takeContainer(cursor, depth + 1)
    default:
      takeScalar(cursor)
  }
}

function takeContainer(cursor: Cursor, depth: number): void {
  if (depth > cursor.limits.maxDepth) {
    find(cursor, 'too_deep')
    return skipContainer(cursor)
  }
  if (codeAt(cursor) === OPEN_OBJECT) return takeObject(cursor, depth, () => takeAny(cursor, depth))
  let index = 0
  takeSequence(cursor, CLOSE_ARRAY, () => {
    cursor.path.push(index)
    takeAny(cursor, depth)
    cursor.path.pop()
    index += 1
  })
}

function takeObject(
  cursor: Cursor,
  depth: number,
  takeMember: (key: string, keyStart: number, keyEnd: number) => void,
): void {
  const seen = new Set<string>()
  takeSequence(cursor, CLOSE_OBJECT, () => {
    const keyStart = cursor.at
    const key = takeText(cursor)
    const keyEnd = cursor.at
    cursor.path.push(key)
    if (seen.has(key)) find(cursor, 'duplicate_key', key)
    seen.add(key)
    if (depth > 0) countKey(cursor)
    skipSpace(cursor)
    cursor.at += 1 // the colon
    skipSpace(cursor)
    takeMember(key, keyStart, keyEnd)
    cursor.path.pop()
  })
}

function countKey(cursor: Cursor): void {
  cursor.keyCount += 1
  if (cursor.keyCount !== cursor.limits.maxKeys + 1) return
  find(cursor, 'too_many_properties', '', cursor.path.slice(0, 1))
}
