import { isJsonObject, type JsonObject } from '../contract/event.ts'
import { pointerOf, type Step } from '../json/pointer.ts'
import { slownessOf } from './check-pattern.ts'
import { FORMATS } from './formats.ts'

/** A complaint about one place of a schema. */
export type Complain = (pointer: string, expected: string, fix: string) => void

/** Keywords that say something about the value at hand only. */
export const PLAIN_KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'required',
  'minProperties',
  'maxProperties',
  'dependentRequired',
])

/** Keywords that check nothing. */
export const SILENT_KEYWORDS: ReadonlySet<string> = new Set([
  'title',
  'description',
  '$comment',
  'examples',
  'deprecated',
  'x-pii',
  'x-hot',
  'x-seal',
])

/** Keywords of the whole file. */
export const ROOT_KEYWORDS: ReadonlySet<string> = new Set([
  '$schema',
  '$defs',
  'x-event',
  'x-mode',
  'x-retention-days',
])

/** One subschema, and how its value lies to the value of the schema that holds it. */
export interface Child {
  readonly pointer: string
  readonly schema: unknown
  /** Key of the value in an object, `*` for any of several, `null` for the same value once more. */
  readonly step: string | null
  /** How often it may be checked for one value of the schema that holds it. */
  readonly times: number
}

/** A whole `properties` has no more keys than this, at any depth (`EventRules.maxKeys`). */
const MAX_KEYS = 1_000
export const MAX_ITEMS = 10_000

/** Subschemas under a keyword, or `null` when the keyword is not one that plans may use. */
export function childrenOf(
  keyword: string,
  value: unknown,
  at: { readonly pointer: string; readonly schema: JsonObject },
): readonly Child[] | null {
  const base = pointerOf(at.pointer, keyword)
  const child = (step: string | null, times: number, path: readonly Step[], schema: unknown) => {
    return { pointer: pointerOf(base, ...path), schema, step, times }
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  switch (keyword) {
    case 'properties':
      return Object.entries(isJsonObject(value) ? value : {}).map(([key, schema]) =>
        child(key, 1, [key], schema),
      )
    case 'additionalProperties':
      return [child('*', MAX_KEYS, [], value)]
    case 'items':
      return [child('*', Number(at.schema['maxItems'] ?? MAX_ITEMS), [], value)]
    case 'prefixItems':
      return list.map((schema, index) => child('*', 1, [index], schema))
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return list.map((schema, index) => child(null, 1, [index], schema))
    case 'not':
    case 'if':
    case 'then':
    case 'else':
      return [child(null, 1, [], value)]
    default:
      return null
  }
}

const SCALARS: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean'])

/** What a plain keyword must keep to beyond JSON Schema, so that no event makes it slow or wrong. */
export function checkPlainKeyword(
  keyword: string,
  at: { readonly pointer: string; readonly schema: JsonObject },
  complain: Complain,
): void {
  const { schema } = at
  const value = schema[keyword]
  const pointer = pointerOf(at.pointer, keyword)
  for (const number of Array.isArray(value) ? value : [value]) {
    if (typeof number !== 'number' || Number.isSafeInteger(number) || !Number.isInteger(number)) {
      continue
    }
    complain(pointer, 'numbers within 2^53', 'larger ones cannot be compared exactly: use strings')
  }
  switch (keyword) {
    case 'pattern':
      return checkPattern(pointer, schema, complain)
    case 'format':
      if (Object.hasOwn(FORMATS, String(value))) return
      return complain(
        pointer,
        `one of ${Object.keys(FORMATS).join(', ')}`,
        'use one of them, or a pattern',
      )
    case 'enum':
    case 'const': {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (values.every((each) => typeof each !== 'object' || each === null)) return
      return complain(
        pointer,
        'strings, numbers, true, false or null',
        'describe objects by their properties',
      )
    }
    case 'uniqueItems':
      return checkUniqueItems(pointer, schema, complain)
    case 'maxItems':
      if (Number(value) <= MAX_ITEMS) return
      return complain(pointer, `at most ${MAX_ITEMS}`, 'take a smaller number')
    case 'required':
      return checkRequired(pointer, schema, complain)
    default:
  }
}

function checkPattern(pointer: string, schema: JsonObject, complain: Complain): void {
  const slow = slownessOf(String(schema['pattern']))
  if (slow !== null) {
    complain(pointer, slow, 'use enum, a format, or a simpler pattern such as ^[a-z0-9-]+$')
  }
  if (!(Number(schema['maxLength']) <= MAX_PATTERN_CHARS)) {
    complain(pointer, 'a maxLength beside it', `add "maxLength", at most ${MAX_PATTERN_CHARS}`)
  }
}

/** ajv checks the length first, so a pattern never sees a longer text. */
const MAX_PATTERN_CHARS = 4_096

/** ajv compares scalars of one type through a table, everything else each with each. */
function checkUniqueItems(pointer: string, schema: JsonObject, complain: Complain): void {
  const { uniqueItems, items } = schema
  if (uniqueItems !== true) return
  if (isJsonObject(items) && SCALARS.has(items['type'])) return
  complain(
    pointer,
    '"items" beside it, with one type of string, number, integer or boolean',
    'lists of objects cannot be compared quickly: leave uniqueItems out',
  )
}

/** A name that no property has is a typing mistake that would reject every event. */
function checkRequired(pointer: string, schema: JsonObject, complain: Complain): void {
  const { required, properties } = schema
  if (!Array.isArray(required) || !isJsonObject(properties)) return
  required.forEach((name: unknown, index) => {
    if (typeof name === 'string' && Object.hasOwn(properties, name)) return
    complain(
      pointerOf(pointer, index),
      'the name of a property beside it',
      'declare it in "properties"',
    )
  })
}
