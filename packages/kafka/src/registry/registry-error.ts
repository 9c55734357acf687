/**
 * - `unavailable`: the registry is away, or something else answers in its place; it passes by itself, or with a
 *   person's help. Retry.
 * - `denied`: it wants other credentials, or a right is missing: a person must act.
 * - `unknown`, `unsupported`: definite answers about a schema: there is none with this id, or it is none that we
 *   can read.
 * - `refused`: a definite answer about a schema of ours.
 */
export type SchemaRegistryFailure = 'unavailable' | 'denied' | 'unknown' | 'unsupported' | 'refused'

export class SchemaRegistryError extends Error {
  readonly failure: SchemaRegistryFailure
  /** What to do; `null` when only its address can be looked at, as after no answer. */
  readonly remedy: string | null

  constructor(failure: SchemaRegistryFailure, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'SchemaRegistryError'
    this.failure = failure
    this.remedy = remedyOf(failure, cause)
  }
}

/** What the client says of a subject whose compatibility differs from what is asked; it has no code. */
export const OTHER_RULE = 'ConfluentSchemaRegistryCompatibilityError'

export const PATH_IS_MISSING =
  'the URL of the registry may lack its path: Confluent has none, Apicurio has /apis/ccompat/v7'

/** By the status of the answer and Node's own codes, never by text. */
function remedyOf(failure: SchemaRegistryFailure, cause: unknown): string | null {
  const status = field(cause, 'status')
  if (status === 401) return 'check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD'
  if (status === 403) return 'let the user read and write the subjects of KAFKA_TOPIC'
  if (cause instanceof Error && cause.name === OTHER_RULE) {
    return (
      'give the subject the rule that old records rest on: ' +
      'PUT /config/<subject> with {"compatibility": "BACKWARD_TRANSITIVE"}'
    )
  }
  if (failure === 'refused') {
    return (
      'the subject has a schema that ours does not follow: see its versions in the registry, ' +
      'or name another KAFKA_TOPIC'
    )
  }
  if (status === 404 || status === 405) return PATH_IS_MISSING
  return null // 400, too: the client says so of an answer that never came
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null
    ? (of as Readonly<Record<string, unknown>>)[name]
    : undefined
}
