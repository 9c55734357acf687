import { isJsonObject, ownValue, type JsonObject } from '../contract/event.ts'

/** What a plan says of the values of a property; `mixed`: several of these, or objects or lists. */
export type PropertyKind = 'string' | 'time' | 'uuid' | 'integer' | 'number' | 'boolean' | 'mixed'

/** A property that a plan names. */
export interface PlannedProperty {
  readonly property: string
  /** `null`: the plan does not say. */
  readonly kind: PropertyKind | null
  readonly description: string | null
}

/** The properties that the schema of a plan names at its top, in its order. */
export function plannedProperties(schema: JsonObject): readonly PlannedProperty[] {
  const { properties } = schema
  return Object.entries(isJsonObject(properties) ? properties : {}).map(([property, value]) => {
    const description = isJsonObject(value) ? value['description'] : null
    return {
      property,
      kind: kindOf(kindsOf(schema, value, 0)),
      description: typeof description === 'string' ? description : null,
    }
  })
}

/** Every kind that a value may have beside null; `null`: any. */
type Kinds = ReadonlySet<PropertyKind> | null

function kindsOf(root: JsonObject, schema: unknown, depth: number): Kinds {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return null
  const { type, enum: values, const: value, allOf, anyOf, oneOf } = schema
  const inner = (each: unknown): Kinds => kindsOf(root, each, depth + 1)
  if (type !== undefined) return union([type].flat().map((each) => kindsOfType(each, schema)))
  if (Array.isArray(values)) return union(values.map(kindsOfValue))
  if (value !== undefined) return kindsOfValue(value)
  if (Array.isArray(allOf)) return allOf.map(inner).find((each) => each !== null) ?? null
  const branches = [anyOf, oneOf].find((each) => Array.isArray(each))
  if (branches !== undefined) return union(branches.map(inner))
  return schema['$ref'] === undefined ? null : inner(referred(root, schema['$ref']))
}

/** References inside references; they cannot go round (see `inspect`). */
const MAX_DEPTH = 32

function referred(root: JsonObject, ref: unknown): unknown {
  const definitions = root['$defs']
  if (typeof ref !== 'string' || !isJsonObject(definitions)) return undefined
  return ownValue(definitions, ref.slice('#/$defs/'.length))
}

function union(all: readonly Kinds[]): Kinds {
  const known = all.filter((each) => each !== null)
  return known.length < all.length ? null : new Set(known.flatMap((each) => [...each]))
}

function kindsOfType(type: unknown, { format }: JsonObject): Kinds {
  switch (type) {
    case 'string':
      return new Set([format === 'date-time' ? 'time' : format === 'uuid' ? 'uuid' : 'string'])
    case 'integer':
    case 'number':
    case 'boolean':
      return new Set([type])
    case 'null':
      return new Set()
    default:
      return new Set(['mixed'])
  }
}

function kindsOfValue(value: unknown): Kinds {
  if (value === null) return new Set()
  if (typeof value === 'string') return new Set(['string'])
  if (typeof value === 'number') return new Set(['number'])
  return new Set([typeof value === 'boolean' ? 'boolean' : 'mixed'])
}

function kindOf(kinds: Kinds): PropertyKind | null {
  const [first] = kinds ?? []
  if (kinds === null || first === undefined) return null
  const all = (...of: readonly PropertyKind[]): boolean =>
    [...kinds].every((each) => of.includes(each))
  if (kinds.size === 1) return first
  if (all('integer', 'number')) return 'number'
  return all('string', 'time', 'uuid') ? 'string' : 'mixed'
}
