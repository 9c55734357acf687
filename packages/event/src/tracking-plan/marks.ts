import { isJsonObject, type JsonObject } from '../contract/event.ts'
import { pointerOf } from '../json/pointer.ts'
import { SEAL_SCOPES, type SealMark } from '../seal/seal-tree.ts'
import type { Complain } from './keywords.ts'

/** Keys from `properties` to a value; what lies in a list or under any key ends at its container. */
export type PiiPath = readonly string[]

/** A property that gets a typed column of its own. */
export interface PlannedColumn {
  readonly property: string
  /** ClickHouse type. */
  readonly type: string
  readonly column: string
  readonly comment: string
}

/** What a plan's schema says beside what it validates. */
export interface Marks {
  /** Of `x-pii`, and of `x-seal`: what is sealed is personal. */
  readonly pii: readonly PiiPath[]
  readonly columns: readonly PlannedColumn[]
  readonly seals: readonly SealMark[]
}

interface GrowingMarks extends Marks {
  readonly pii: PiiPath[]
  readonly columns: PlannedColumn[]
  readonly seals: SealMark[]
}

export function noMarks(): GrowingMarks {
  return { pii: [], columns: [], seals: [] }
}

interface Marked {
  readonly pointer: string
  /** Of the value, from `properties`; `*` for any key or place in a list. */
  readonly path: readonly string[]
  readonly schema: JsonObject
}

/** Adds what one subschema is marked with. */
export function readMarks(marks: GrowingMarks, marked: Marked, complain: Complain): void {
  const { pointer, schema } = marked
  const { 'x-pii': pii, 'x-hot': hot, 'x-seal': seal } = schema
  if (pii !== undefined && typeof pii !== 'boolean') {
    complain(pointerOf(pointer, 'x-pii'), 'true or false', 'write true')
  }
  if (pii === true) marks.pii.push(containerOf(marked))
  if (seal !== undefined) readSeal(marks, marked, complain)
  if (hot !== undefined) readHot(marks, marked, complain)
}

/** What lies in a list or under any key ends there. */
function containerOf({ path }: Marked): PiiPath {
  const end = path.indexOf('*')
  return end === -1 ? path : path.slice(0, end)
}

function readSeal(marks: GrowingMarks, marked: Marked, complain: Complain): void {
  const { 'x-seal': seal, 'x-hot': hot } = marked.schema
  const pointer = pointerOf(marked.pointer, 'x-seal')
  const scope = SEAL_SCOPES.find((each) => each === seal)
  if (scope === undefined) {
    return complain(pointer, `one of ${SEAL_SCOPES.join(', ')}`, 'say whose key seals it')
  }
  const path = containerOf(marked)
  if (path.length === 0) {
    return complain(pointer, 'a property that has a name', 'mark each property that is personal')
  }
  if (hot !== undefined) {
    const fix = 'leave out x-hot, or do not seal it'
    return complain(pointer, 'no typed column: it would hold what is sealed', fix)
  }
  marks.seals.push({ path, scope })
  marks.pii.push(path)
}

function readHot({ columns }: GrowingMarks, marked: Marked, complain: Complain): void {
  const { path, schema } = marked
  const pointer = pointerOf(marked.pointer, 'x-hot')
  const [property, ...deeper] = path
  if (property === undefined || property === '*' || deeper.length > 0) {
    return complain(
      pointer,
      'a property of the event itself',
      'only these can have a column: move it',
    )
  }
  const { 'x-hot': hot, description } = schema
  const { type, column = property } = isJsonObject(hot) ? hot : { type: hot, column: property }
  if (typeof type !== 'string' || typeof column !== 'string') {
    const fix = 'write "x-hot": "Int64", or {"type": "Int64", "column": "name"}'
    return complain(pointer, 'the ClickHouse type of the column', fix)
  }
  const comment = typeof description === 'string' ? description : `Property ${property}, as sent.`
  columns.push({ property, type, column, comment })
}
