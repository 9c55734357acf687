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

  constructor(failure: SchemaRegistryFailure, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'SchemaRegistryError'
    this.failure = failure
  }
}

const REQUEST_TIMEOUT_MS = 3_000

/** The registry's middleware protocol (mappersmith): only the request half is needed here. */
const withTimeout = () => ({
  prepareRequest: async <R extends { enhance(extras: { timeout: number }): R }>(
    next: () => Promise<R>,
  ): Promise<R> => (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS }),
})

/** A client of a Confluent-compatible registry; each request is bounded and never retried here. */
export function createSchemaRegistry(options: { readonly url: string }): SchemaRegistry {
  const registry = new ConfluentRegistry({
    host: options.url,
    clientId: 'custom-events',
    retry: { retries: 0 },
    middlewares: [withTimeout],
  })
  const schemaById = new Map<number, string>()

  return {
    register: async (subject, avroSchema) => {
      try {
        const { id } = await registry.register(
          { type: SchemaType.AVRO, schema: avroSchema },
          { subject, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
        )
        return id
      } catch (error) {
        const failure = registryError(error, `registering ${subject} at ${options.url}`)
        if (failure.failure !== 'unknown') throw failure
        // A subject that is new is no 404 here: it is the path that is not known.
        const message = `${options.url} answered 404: the URL of the registry may lack its path, such as /apis/ccompat/v7`
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
