import { SchemaRegistryError, type SchemaRegistryFailure } from './registry-error.ts'

/** What came back over HTTP, whoever sent it. */
export interface RegistryAnswer {
  readonly status: number
  readonly body: string
}

/**
 * The text of the Avro schema in an answer to `GET /schemas/ids/{id}`.
 *
 * @param asking for the message, such as `reading schema 7 from http://registry`.
 * @throws {SchemaRegistryError} for every other answer.
 */
export function schemaIn({ status, body }: RegistryAnswer, asking: string): string {
  const fail = (failure: SchemaRegistryFailure, what: string): SchemaRegistryError =>
    new SchemaRegistryError(failure, `${asking}: ${what}`, { status })
  const parsed = parse(body)
  if (status === 200) {
    const { schema, schemaType = 'AVRO', references = [] } = parsed
    // A page of a proxy, a login, half an answer: the registry itself has not said anything.
    if (typeof schema !== 'string')
      throw fail('unavailable', `200 without a schema: ${start(body)}`)
    if (schemaType !== 'AVRO')
      throw fail('unsupported', `it is of the type ${start(String(schemaType))}`)
    if (!Array.isArray(references) || references.length > 0) {
      throw fail('unsupported', 'it refers to other schemas')
    }
    return schema
  }
  const code = parsed['error_code']
  const said = `${status}, error_code ${typeof code === 'number' ? code : 'none'}: ${start(body)}`
  if (status === 401 || status === 403) throw fail('denied', said)
  // 40401 subject, 40402 version, 40403 schema. Without such a code it was not the registry that answered.
  if (status === 404 && typeof code === 'number' && code >= 40_400 && code < 40_500) {
    throw fail('unknown', said)
  }
  throw fail('unavailable', said)
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const SHOWN_CHARS = 200

function start(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}…` : line
}
