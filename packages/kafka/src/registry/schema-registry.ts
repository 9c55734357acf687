import {
  COMPATIBILITY,
  SchemaRegistry as ConfluentRegistry,
  SchemaType,
} from '@kafkajs/confluent-schema-registry'
import { schemaIn, type RegistryAnswer } from './registry-answer.ts'
import {
  OTHER_RULE,
  PATH_IS_MISSING,
  SchemaRegistryError,
  type SchemaRegistryFailure,
} from './registry-error.ts'

/** The registry: asked at start and when a new schema id is seen, never per event. */
export interface SchemaRegistry {
  /**
   * Registers a writer schema under a subject (or finds it there) and returns its id.
   * @throws {SchemaRegistryError} `refused` when it is not compatible, else `unavailable`.
   */
  register(subject: string, avroSchema: string): Promise<number>
  /**
   * The Avro schema with this id, as JSON text; known ids are answered from memory, unless asked not to.
   * @throws {SchemaRegistryError} `unknown` when there is no such id, `unsupported` when it is no Avro schema
   * that stands alone, `denied` when we may not ask, else `unavailable`.
   */
  schema(id: number, how?: { readonly isFresh: boolean }): Promise<string>
}

const REQUEST_TIMEOUT_MS = 3_000

/** The registry's middleware protocol (mappersmith): only the request half is needed here. */
const withTimeout = () => ({
  prepareRequest: async <R extends { enhance(extras: { timeout: number }): R }>(
    next: () => Promise<R>,
  ): Promise<R> => (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS }),
})

const compatibility = COMPATIBILITY.BACKWARD_TRANSITIVE

/** How to reach the registry. */
export interface RegistryConfig {
  readonly url: string
  /** HTTP basic authentication. @default none */
  readonly auth?: { readonly username: string; readonly password: string }
}

/** The values of `registryVariables`, as `readConfig` returns them. */
export function registryConfigFrom(values: {
  readonly SCHEMA_REGISTRY_URL: string
  readonly SCHEMA_REGISTRY_USER: string
  readonly SCHEMA_REGISTRY_PASSWORD: string
}): RegistryConfig {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_USER: username } = values
  if (username === '') return { url }
  return { url, auth: { username, password: values.SCHEMA_REGISTRY_PASSWORD } }
}

/** A client of a Confluent-compatible registry; each request is bounded and never retried here. */
export function createSchemaRegistry(config: RegistryConfig): SchemaRegistry {
  const options = withoutUser(config)
  const registry = new ConfluentRegistry({
    host: options.url,
    ...(options.auth === undefined ? {} : { auth: options.auth }),
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
          await completeSubject(options, subject)
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
    schema: async (id, { isFresh } = { isFresh: false }) => {
      const known = schemaById.get(id)
      if (known !== undefined && !isFresh) return known
      const asking = `reading schema ${id} from ${options.url}`
      const text = schemaIn(await get(options, `/schemas/ids/${id}`, asking), asking)
      schemaById.set(id, text)
      return text
    },
  }
}

/**
 * Gives a subject its compatibility rule if it has none yet. The client registers a new subject
 * first and configures it afterwards: who comes between the two (another setup, or the next one
 * after a crash) meets a subject without a rule, or fails to add a rule that was just added.
 */
async function completeSubject({ url, auth }: RegistryConfig, subject: string): Promise<void> {
  const config = `${url}/config/${encodeURIComponent(subject)}`
  const headers = auth === undefined ? {} : { authorization: basic(auth) }
  const answer = await fetch(config, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
  const { compatibilityLevel } = (await answer.json()) as { compatibilityLevel?: string }
  if (compatibilityLevel !== COMPATIBILITY.NONE) return
  const put = await fetch(config, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  await put.body?.cancel() // a conflict says that somebody else was faster: that is as good
}

/** Not through the client: it compiles what it reads, and says of what it cannot compile that it is not there. */
async function get(
  { url, auth }: RegistryConfig,
  path: string,
  asking: string,
): Promise<RegistryAnswer> {
  const headers = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
    ...(auth === undefined ? {} : { authorization: basic(auth) }),
  }
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    const answer = await fetch(`${url}${path}`, { headers, signal })
    return { status: answer.status, body: await answer.text() }
  } catch (error) {
    throw registryError(error, asking)
  }
}

/** Clients drop a user in a URL, or refuse the URL and quote it. */
function withoutUser({ url, auth }: RegistryConfig): RegistryConfig {
  const { origin, pathname, username, password } = new URL(url)
  const plain = `${origin}${pathname.replace(/\/$/, '')}`
  if (username === '') return auth === undefined ? { url: plain } : { url: plain, auth }
  const user = { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  return { url: plain, auth: auth ?? user }
}

function basic({ username, password }: NonNullable<RegistryConfig['auth']>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** 404: no such schema. 409 and 422: the registry said no. Anything else may pass. */
function registryError(error: unknown, doing: string): SchemaRegistryError {
  const reason = error instanceof Error ? error.message : String(error)
  return new SchemaRegistryError(failureOf(error), `${doing}: ${reason}`, error)
}

function failureOf(error: unknown): SchemaRegistryFailure {
  if (!(error instanceof Error)) return 'unavailable'
  if (error.name === OTHER_RULE) return 'refused'
  const status = 'status' in error ? error.status : undefined
  if (status === 404) return 'unknown'
  if (status === 401 || status === 403) return 'denied'
  return status === 409 || status === 422 ? 'refused' : 'unavailable'
}
