import avro from 'avsc'

/**
 * Whether two Avro schemas read and write the same bytes under the same names. Registries hand schemas back in
 * other words: spaces, order, documentation.
 */
export function isSameSchema(left: string, right: string): boolean {
  return canonical(left) === canonical(right)
}

function canonical(schema: string): string | null {
  try {
    // A parsing boundary: avsc checks the schema itself.
    return JSON.stringify(avro.Type.forSchema(JSON.parse(schema) as avro.Schema).schema())
  } catch {
    return null // not Avro, or not JSON
  }
}
