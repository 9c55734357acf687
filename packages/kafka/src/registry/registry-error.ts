import { tlsRemedy } from '@custom-events/runtime'

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
const OTHER_RULE = 'ConfluentSchemaRegistryCompatibilityError'

export const PATH_IS_MISSING =
  'the URL of the registry may lack its path: Confluent has none, Apicurio has /apis/ccompat/v7'

/** By the status of the answer and Node's own codes, never by text. */
function remedyOf(failure: SchemaRegistryFailure, cause: unknown): string | null {
  const status = field(cause, 'status')
  if (status === 401) {
    return 'check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD, or SCHEMA_REGISTRY_TOKEN'
  }
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
  // 400, too: the client says so of an answer that never came.
  return tlsRemedy(String(field(cause, 'code')), 'SCHEMA_REGISTRY')
}

/** 404: no such schema. 409 and 422: the registry said no. Anything else may pass. */
export function registryError(error: unknown, doing: string): SchemaRegistryError {
  const reason =
    error instanceof Error && error.message !== ''
      ? error.message
      : String(field(error, 'code') ?? error)
  return new SchemaRegistryError(failureOf(error), `${doing}: ${reason}`, error)
}

export function failureOf(error: unknown): SchemaRegistryFailure {
  if (!(error instanceof Error)) return 'unavailable'
  if (error.name === OTHER_RULE) return 'refused'
  const status = 'status' in error ? error.status : undefined
  if (status === 404) return 'unknown'
  if (status === 401 || status === 403) return 'denied'
  return status === 409 || status === 422 ? 'refused' : 'unavailable'
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null
    ? (of as Readonly<Record<string, unknown>>)[name]
    : undefined
}
