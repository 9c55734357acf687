import {
  COMPATIBILITY,
  SchemaRegistry as ConfluentRegistry,
  SchemaType,
} from '@kafkajs/confluent-schema-registry'
import { createTlsAgent, secretSource, tlsFilesFrom } from '@custom-events/runtime'
import type { SecretFiles, TlsFiles } from '@custom-events/runtime'
import { askingRegistry, REQUEST_TIMEOUT_MS, type AskRegistry } from './ask-registry.ts'
import { schemaIn } from './registry-answer.ts'
import { failureOf, PATH_IS_MISSING, registryError, SchemaRegistryError } from './registry-error.ts'

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

/** The registry's middleware protocol (mappersmith): only the request half is needed here. */
const withEach = (identity: () => Readonly<Record<string, string>>) => () => ({
  prepareRequest: async <
    R extends { enhance(extras: { timeout: number; headers: Record<string, string> }): R },
  >(
    next: () => Promise<R>,
  ): Promise<R> =>
    (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS, headers: { ...identity() } }),
})

const compatibility = COMPATIBILITY.BACKWARD_TRANSITIVE

/** How to reach the registry. */
export interface RegistryConfig {
  readonly url: string
  /** The value of the header that says who we are, asked for with each request. @default none */
  readonly authorization?: () => string
  /** Read anew for each connection. @default the authorities that Node trusts */
  readonly tls?: TlsFiles | null
}

/** The values of `registryVariables`, as `readConfig` returns them. */
export function registryConfigFrom(
  values: {
    readonly SCHEMA_REGISTRY_URL: string
    readonly SCHEMA_REGISTRY_USER: string
    readonly SCHEMA_REGISTRY_PASSWORD: string
    readonly SCHEMA_REGISTRY_TOKEN?: string
    readonly SCHEMA_REGISTRY_TLS_KEY_PASSPHRASE?: string
    readonly secretFiles?: SecretFiles
  } & Partial<Record<`SCHEMA_REGISTRY_TLS_${'CA' | 'CERT' | 'KEY'}_FILE`, string>>,
): RegistryConfig {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_USER: username } = values
  const secret = (
    name: `SCHEMA_REGISTRY_${'PASSWORD' | 'TOKEN' | 'TLS_KEY_PASSPHRASE'}`,
  ): (() => string) => secretSource(values[name] ?? '', values.secretFiles?.[name])
  const tls = tlsFilesFrom(
    'SCHEMA_REGISTRY',
    { ...values },
    secret('SCHEMA_REGISTRY_TLS_KEY_PASSPHRASE'),
  )
  const token = secret('SCHEMA_REGISTRY_TOKEN')
  if (token() !== '') return { url, tls, authorization: () => `Bearer ${token()}` }
  if (username === '') return { url, tls }
  const password = secret('SCHEMA_REGISTRY_PASSWORD')
  return { url, tls, authorization: () => basic(username, password()) }
}

/** A client of a Confluent-compatible registry; each request is bounded and never retried here. */
export function createSchemaRegistry(config: RegistryConfig): SchemaRegistry {
  const { url, authorization } = withoutUser(config)
  const agent = createTlsAgent(config.tls ?? null)
  const identity = (): Readonly<Record<string, string>> =>
    authorization === undefined ? {} : { authorization: authorization() }
  const ask = askingRegistry({ url, identity, agent })
  const registry = new ConfluentRegistry({
    host: url,
    ...(url.startsWith('https:') ? { agent } : {}),
    clientId: 'custom-events',
    retry: { retries: 0 },
    middlewares: [withEach(identity)],
  })
  const schemaById = new Map<number, string>()

  const register = async (subject: string, schema: string): Promise<number> =>
    (await registry.register({ type: SchemaType.AVRO, schema }, { subject, compatibility })).id

  return {
    register: async (subject, avroSchema) => {
      try {
        return await register(subject, avroSchema).catch(async (error: unknown) => {
          if (failureOf(error) !== 'refused') throw error
          await completeSubject(ask, subject)
          return await register(subject, avroSchema)
        })
      } catch (error) {
        const failure = registryError(error, `registering ${subject} at ${url}`)
        // The client says 400 of an answer that never came: asked by ourselves, it is told what was in the way.
        if (failure.failure === 'unavailable') await ask({ path: '/subjects' }, `asking ${url}`)
        if (failure.failure !== 'unknown') throw failure
        // A subject that is new is no 404 here: it is the path that is not known.
        const message = `${url} answered 404: ${PATH_IS_MISSING}`
        throw new SchemaRegistryError('unavailable', message, error)
      }
    },
    schema: async (id, { isFresh } = { isFresh: false }) => {
      const known = schemaById.get(id)
      if (known !== undefined && !isFresh) return known
      const asking = `reading schema ${id} from ${url}`
      // Not through the client: it compiles what it reads, and says of what it cannot compile that it is not there.
      const text = schemaIn(await ask({ path: `/schemas/ids/${id}` }, asking), asking)
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
async function completeSubject(ask: AskRegistry, subject: string): Promise<void> {
  const path = `/config/${encodeURIComponent(subject)}`
  const { body } = await ask({ path }, `reading the rule of ${subject}`)
  const { compatibilityLevel } = JSON.parse(body) as { compatibilityLevel?: string }
  if (compatibilityLevel !== COMPATIBILITY.NONE) return
  // A conflict says that somebody else was faster: that is as good.
  const put = { path, method: 'PUT', body: JSON.stringify({ compatibility }) }
  await ask(put, `giving ${subject} its rule`)
}

/** Clients drop a user in a URL, or refuse the URL and quote it. */
function withoutUser({ url, authorization }: RegistryConfig): RegistryConfig {
  const { origin, pathname, username, password } = new URL(url)
  const plain = `${origin}${pathname.replace(/\/$/, '')}`
  if (authorization !== undefined) return { url: plain, authorization }
  if (username === '') return { url: plain }
  const inUrl = basic(decodeURIComponent(username), decodeURIComponent(password))
  return { url: plain, authorization: () => inUrl }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
