/** What a value looks like in Avro's binary form, as far as we write it. */
export type AvroKind = 'string' | 'long' | 'int' | 'boolean' | 'double' | 'float'

/** A field of an Avro record, ready to be walked. */
export interface AvroField {
  readonly name: string
  readonly kind: AvroKind
  /** Branch of the union that is null; -1 when the field is no union. */
  readonly nullBranch: -1 | 0 | 1
  /** ClickHouse type of its values, without Nullable. */
  readonly type: string
  /** Whether a writer may lack it: its default is null, or the zero of its type. */
  readonly hasDefault: boolean
}

/** The schema has a shape that this transcoder does not know. */
export class UnsupportedSchema extends Error {
  constructor(what: string) {
    super(`cannot be transcoded: ${what}`)
    this.name = 'UnsupportedSchema'
  }
}

/**
 * The fields of a flat Avro record: strings, bytes, numbers, booleans, and unions of one of them with null.
 * @throws {UnsupportedSchema}
 */
export function readAvroFields(schema: string): readonly AvroField[] {
  const { fields } = readRecord(schema)
  return fields.map((field: unknown) => {
    if (!isObject(field) || typeof field['name'] !== 'string') {
      throw new UnsupportedSchema('a field without a name')
    }
    return readField(field['name'], field['type'], hasZeroDefault(field['default']))
  })
}

/**
 * The record's name without its namespace, which is what Avro compares: two records of different names do not
 * fit, however much their fields are alike.
 * @throws {UnsupportedSchema}
 */
export function readAvroName(schema: string): string {
  return readRecord(schema).name
}

function readRecord(schema: string): {
  readonly name: string
  readonly fields: readonly unknown[]
} {
  const parsed = parse(schema)
  if (!isObject(parsed) || parsed['type'] !== 'record' || !Array.isArray(parsed['fields'])) {
    throw new UnsupportedSchema('expected a record')
  }
  const name = typeof parsed['name'] === 'string' ? parsed['name'] : ''
  return { name: name.slice(name.lastIndexOf('.') + 1), fields: parsed['fields'] }
}

function parse(schema: string): unknown {
  try {
    return JSON.parse(schema) as unknown
  } catch {
    throw new UnsupportedSchema('expected JSON')
  }
}

function hasZeroDefault(value: unknown): boolean {
  return value === null || value === '' || value === 0 || value === false
}

function readField(name: string, type: unknown, hasDefault: boolean): AvroField {
  if (!Array.isArray(type)) return { name, nullBranch: -1, hasDefault, ...readValue(name, type) }
  const nullBranch = type.indexOf('null')
  if (type.length !== 2 || (nullBranch !== 0 && nullBranch !== 1)) {
    throw new UnsupportedSchema(`${name}: a union other than of null and one type`)
  }
  return { name, nullBranch, hasDefault, ...readValue(name, type[1 - nullBranch]) }
}

function readValue(
  name: string,
  type: unknown,
): { readonly kind: AvroKind; readonly type: string } {
  const logical = isObject(type) ? type['logicalType'] : undefined
  const plain = isObject(type) ? type['type'] : type
  if (plain === 'long' && logical === 'timestamp-millis') {
    return { kind: 'long', type: "DateTime64(3, 'UTC')" }
  }
  switch (plain) {
    case 'string':
    case 'bytes':
      return { kind: 'string', type: 'String' }
    case 'long':
      return { kind: 'long', type: 'Int64' }
    case 'int':
      return { kind: 'int', type: 'Int32' }
    case 'boolean':
      return { kind: 'boolean', type: 'Bool' }
    case 'double':
      return { kind: 'double', type: 'Float64' }
    case 'float':
      return { kind: 'float', type: 'Float32' }
    default:
      throw new UnsupportedSchema(`${name}: ${JSON.stringify(type)}`)
  }
}

/** A step of a walk: how to read a writer's field, and into which column it goes (-1: nowhere). */
export interface Step {
  readonly kind: AvroKind
  readonly nullBranch: -1 | 0 | 1
  readonly column: number
}

export interface WalkPlan {
  readonly steps: readonly Step[]
  /** Columns the writer does not have: filled with NULL or the type's zero. */
  readonly absent: readonly number[]
}

/**
 * How data of a writer's schema become the reader's columns, by Avro's rules: fields meet by name, a
 * field unknown to the reader is passed over, a missing one needs a default.
 * @throws {UnsupportedSchema} when the two do not fit.
 */
export function planWalk(writer: readonly AvroField[], reader: readonly AvroField[]): WalkPlan {
  const steps = writer.map((field) => {
    const column = reader.findIndex(({ name }) => name === field.name)
    const target = reader[column]
    if (target !== undefined) checkFit(field, target)
    return { kind: field.kind, nullBranch: field.nullBranch, column }
  })
  const absent = reader.flatMap((field, column) => {
    if (writer.some(({ name }) => name === field.name)) return []
    if (!field.hasDefault) throw new UnsupportedSchema(`${field.name} is missing`)
    return [column]
  })
  return { steps, absent }
}

function checkFit(writer: AvroField, reader: AvroField): void {
  const fits = writer.kind === reader.kind && (writer.nullBranch === -1 || reader.nullBranch !== -1)
  if (!fits) throw new UnsupportedSchema(`${writer.name} is of another type than the column`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
