import { isJsonObject, ownValue, type JsonObject } from '../contract/event.ts'
import { pointerOf } from '../json/pointer.ts'
import {
  checkPlainKeyword,
  childrenOf,
  PLAIN_KEYWORDS,
  ROOT_KEYWORDS,
  SILENT_KEYWORDS,
  type Child,
  type Complain,
} from './keywords.ts'
import { noMarks, readMarks, type Marks } from './marks.ts'

/** Upper bound of keywords that one event can make a plan check; more is refused. */
const MAX_CHECKS = 200_000

const MAX_SUBSCHEMAS = 10_000

/** A length of a text is counted in characters: up to 256 Ki of them, when nothing else bounds it. */
const CHECKS_OF_A_LENGTH = 400

/**
 * Walks a schema that JSON Schema itself has nothing against: refuses keywords that plans may not use,
 * whatever could be slow, and recursion; finds the properties that are marked.
 */
export function inspect(root: JsonObject, complain: Complain): Marks {
  const walk: Walk = { root, complain, marks: noMarks(), visited: 0 }
  const checks = walkSchema(walk, {
    pointer: '',
    schema: root,
    path: [],
    isShared: false,
    refs: [],
  })
  if (checks > MAX_CHECKS) {
    const expected = `a plan that checks an event in at most ${MAX_CHECKS} steps; this takes up to ${checks}`
    complain('', expected, 'bound lists with maxItems, and use fewer alternatives')
  }
  return walk.marks
}

interface Walk {
  readonly root: JsonObject
  readonly complain: Complain
  readonly marks: ReturnType<typeof noMarks>
  /** Subschemas looked at so far, references followed. */
  visited: number
}

interface Place {
  readonly pointer: string
  readonly schema: unknown
  readonly path: readonly string[]
  /** Whether other subschemas look at the same value. */
  readonly isShared: boolean
  readonly refs: readonly string[]
}

/** @returns how many keywords one value can make it check. */
function walkSchema(walk: Walk, place: Place): number {
  const { schema, pointer } = place
  if (!isJsonObject(schema)) return 1 // true or false: JSON Schema allows nothing else
  walk.visited += 1
  if (walk.visited > MAX_SUBSCHEMAS) return MAX_CHECKS + 1 // references can double at every level
  readMarks(walk.marks, { ...place, schema }, walk.complain)
  let checks = 1
  for (const [keyword, value] of Object.entries(schema)) {
    if (SILENT_KEYWORDS.has(keyword)) continue
    if (pointer === '' && ROOT_KEYWORDS.has(keyword)) continue
    if (keyword === '$ref') checks += walkRef(walk, place, String(value))
    else if (PLAIN_KEYWORDS.has(keyword)) {
      checkPlainKeyword(keyword, { pointer, schema }, walk.complain)
      checks += costOf(keyword, value, place)
    } else checks += walkChildren(walk, place, keyword)
  }
  return Math.min(checks, Number.MAX_SAFE_INTEGER)
}

function costOf(keyword: string, value: unknown, { isShared }: Place): number {
  if (isShared && /Length$|^pattern$/.test(keyword)) return CHECKS_OF_A_LENGTH
  return Array.isArray(value) ? value.length : 1
}

function walkChildren(walk: Walk, place: Place, keyword: string): number {
  const { pointer, schema } = place
  if (!isJsonObject(schema)) return 0
  const children = childrenOf(keyword, schema[keyword], { pointer, schema })
  if (children === null) {
    const fix = 'leave it out; docs/producers.md lists what plans may use'
    walk.complain(pointerOf(pointer, keyword), 'a keyword that plans may use', fix)
    return 0
  }
  return children.reduce((sum, child) => sum + walkChild(walk, place, child), 0)
}

function walkChild(walk: Walk, { path, isShared, refs }: Place, child: Child): number {
  const { pointer, schema, step, times } = child
  const isSame = step === null
  return (
    times *
    walkSchema(walk, {
      pointer,
      schema,
      path: isSame ? path : [...path, step],
      isShared: isShared || isSame,
      refs,
    })
  )
}

const LOCAL_REF = /^#\/\$defs\/[^/~%]+$/

function walkRef(walk: Walk, place: Place, ref: string): number {
  const { root, complain } = walk
  const at = pointerOf(place.pointer, '$ref')
  const definitions = root['$defs']
  const name = ref.slice('#/$defs/'.length)
  const target =
    LOCAL_REF.test(ref) && isJsonObject(definitions) ? ownValue(definitions, name) : undefined
  if (target === undefined) {
    complain(at, '#/$defs/<name> of this file', 'copy the definition into the file')
    return 0
  }
  if (place.refs.includes(ref)) {
    complain(at, 'no recursion', 'describe as many levels as there are')
    return 0
  }
  const pointer = pointerOf('', '$defs', name)
  const refs = [...place.refs, ref]
  if (refs.length > MAX_REFS) return 0
  return walkSchema(walk, { ...place, pointer, schema: target, isShared: true, refs })
}

/** References inside references; the depth of an event is bounded too. */
const MAX_REFS = 32
