import {
  COMPATIBILITY,
  SchemaRegistry as ConfluentRegistry,
  SchemaType,
} from '@kafkajs/confluent-schema-registry'

/** The registry: asked at start and when a new schema id is seen, never per event. */
export interface SchemaRegistry {
  /**
   * Registers a writer schema under a subject (or finds it there) and returns its id.
   * @throws {SchemaRegistryError} `refused` when it is not compatible, else `unavailable`.
   */
  register(subject: string, avroSchema: string): Promise<number>
  /**
   * The writer schema with this id, as JSON text; known ids are answered from memory.
   * @throws {SchemaRegistryError} `unknown` when there is no such id, else `unavailable`.
   */
  schema(id: number): Promise<string>
}

/** `unavailable` passes by itself: retry. `unknown` and `refused` are definite answers. */
export type SchemaRegistryFailure = 'unavailable' | 'unknown' | 'refused'

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

const PATH_IS_MISSING =
  'the URL of the registry may lack its path: Confluent has none, Apicurio has /apis/ccompat/v7'

/** By the status of the answer and Node's own codes, never by text. */
function remedyOf(failure: SchemaRegistryFailure, cause: unknown): string | null {
  const status = field(cause, 'status')
  if (status === 401) return 'check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD'
  if (status === 403) return 'let the user read and write the subjects of KAFKA_TOPIC'
  if (failure === 'refused') {
    return 'the subject has a schema that ours does not follow, or another rule than BACKWARD_TRANSITIVE: see its versions and config in the registry'
  }
  if (status === 404 || status === 405) return PATH_IS_MISSING
  return null // 400, too: the client says so of an answer that never came
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null
    ? (of as Readonly<Record<string, unknown>>)[name]
    : undefined
}

const REQUEST_TIMEOUT_MS = 3_000

/** The registry's middleware protocol (mappersmith): only the request half is needed here. */
const withTimeout = () => ({
  prepareRequest: async <R extends { enhance(extras: { timeout: number }): R }>(
    next: () => Promise<R>,
  ): Promise<R> => (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS }),
})

const compatibility = COMPATIBILITY.BACKWARD_TRANSITIVE

/** A client of a Confluent-compatible registry; each request is bounded and never retried here. */
export function createSchemaRegistry(options: { readonly url: string }): SchemaRegistry {
  const registry = new ConfluentRegistry({
    host: options.url,
    clientId: 'custom-events',
    retry: { retries: 0 },
    middlewares: [withTimeout],
  })
  const schemaById = new Map<number, string>()

  const register = async (subject: string, schema: string): Promise<number> =>
    (await registry.register({ type: SchemaType.AVRO, schema }, { subject, compatibility })).id

  return {
    register: async (subject, avroSchema) => {
      try {
        return await register(subject, avroSchema).catch(async (error: unknown) => {
          if (failureOf(error) !== 'refused') throw error
          await completeSubject(options.url, subject)
          return await register(subject, avroSchema)
        })
      } catch (error) {
        const failure = registryError(error, `registering ${subject} at ${options.url}`)
        if (failure.failure !== 'unknown') throw failure
        // A subject that is new is no 404 here: it is the path that is not known.
        const message = `${options.url} answered 404: ${PATH_IS_MISSING}`
        throw new SchemaRegistryError('unavailable', message, error)
      }
    },
    schema: async (id) => {
      const known = schemaById.get(id)
      if (known !== undefined) return known
      try {
        const text = JSON.stringify(await registry.getSchema(id))
        schemaById.set(id, text)
        return text
      } catch (error) {
        throw registryError(error, `reading schema ${id} from ${options.url}`)
      }
    },
  }
}

/**
 * Gives a subject its compatibility rule if it has none yet. The client registers a new subject
 * first and configures it afterwards: who comes between the two (another setup, or the next one
 * after a crash) meets a subject without a rule, or fails to add a rule that was just added.
 */
async function completeSubject(url: string, subject: string): Promise<void> {
  const config = `${url}/config/${encodeURIComponent(subject)}`
  const answer = await fetch(config, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
  const { compatibilityLevel } = (await answer.json()) as { compatibilityLevel?: string }
  if (compatibilityLevel !== COMPATIBILITY.NONE) return
  const put = await fetch(config, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  await put.body?.cancel() // a conflict says that somebody else was faster: that is as good
}

/** 404: no such schema. 409 and 422: the registry said no. Anything else may pass. */
function registryError(error: unknown, doing: string): SchemaRegistryError {
  const reason = error instanceof Error ? error.message : String(error)
  return new SchemaRegistryError(failureOf(error), `${doing}: ${reason}`, error)
}

function failureOf(error: unknown): SchemaRegistryFailure {
  if (!(error instanceof Error)) return 'unavailable'
  if (error.name === 'ConfluentSchemaRegistryCompatibilityError') return 'refused'
  const status = 'status' in error ? error.status : undefined
  if (status === 404) return 'unknown'
  return status === 409 || status === 422 ? 'refused' : 'unavailable'
}
