import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TokenError } from './token-error.ts'
import { TOKEN_TIMEOUT_MS, type FetchedToken, type FetchToken } from './token-source.ts'

const VARIABLE = 'KAFKA_OAUTH_PROVIDER'

/**
 * Tokens of a module that a site brings, such as one that signs for AWS IAM. Loaded at the first token.
 *
 * @param specifier a path, or the name of a package. Its default export is called without arguments and resolves with
 * `{ token, expiresAt }`: a text, and milliseconds since 1970 or a `Date`.
 */
export function byProvider(specifier: string): FetchToken {
  let loaded: Promise<() => unknown> | null = null
  return async () => {
    loaded ??= load(specifier)
    try {
      const given = loaded.then((provide) => provide())
      return tokenOf(await within(TOKEN_TIMEOUT_MS, given), specifier)
    } catch (error) {
      if (error instanceof TokenError) {
        loaded = null // another look, should the module have been missing
        throw error
      }
      const reason = error instanceof Error ? error.message : String(error)
      throw new TokenError(
        'TOKEN_SERVER_AWAY',
        `${VARIABLE}=${specifier} gave no token: ${reason}`,
        error,
      )
    }
  }
}

/** A module that never answers must not hold every connection. */
async function within(ms: number, given: Promise<unknown>): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`it did not answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([given, promise])
  } finally {
    clearTimeout(timer)
  }
}

async function load(specifier: string): Promise<() => unknown> {
  const isPath = specifier.startsWith('.') || isAbsolute(specifier)
  const address = isPath ? pathToFileURL(resolve(specifier)).href : specifier
  try {
    const module: { readonly default?: unknown } = await import(address)
    if (typeof module.default === 'function') return module.default as () => unknown // called without arguments
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TokenError(
      'TOKEN_UNUSABLE',
      `${VARIABLE}=${specifier} cannot be loaded: ${reason}`,
      error,
    )
  }
  throw new TokenError(
    'TOKEN_UNUSABLE',
    `${VARIABLE}=${specifier} has no default export that is a function`,
  )
}

function tokenOf(given: unknown, specifier: string): FetchedToken {
  const { token, expiresAt } = Object(given) as {
    readonly token?: unknown
    readonly expiresAt?: unknown
  } // any value has these, perhaps undefined
  const lifetimeMs = Number(expiresAt) - Date.now()
  if (typeof token === 'string' && token !== '' && lifetimeMs > 0)
    return { value: token, lifetimeMs }
  throw new TokenError(
    'TOKEN_UNUSABLE',
    `${VARIABLE}=${specifier} gave no { token, expiresAt } with an expiresAt to come (milliseconds since 1970, or a Date)`,
  )
}
