import {
  askHttp,
  createTlsAgent,
  tlsRemedy,
  type HttpAnswer,
  type TlsFiles,
} from '@custom-events/runtime'
import { TokenError } from './token-error.ts'
import { TOKEN_TIMEOUT_MS, type FetchedToken, type FetchToken } from './token-source.ts'

export interface ClientCredentials {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: () => string
  /** '' asks for none. */
  readonly scope: string
  readonly tls: TlsFiles | null
}

/** A server that says nothing of it: RFC 6749 leaves it out, and so long is short enough. */
const DEFAULT_LIFETIME_S = 300
/** A broker takes no second authentication within a second: shorter tokens could not be renewed in time. */
const SHORTEST_LIFETIME_S = 5

/** Tokens by the client credentials grant: RFC 6749, 4.4, the client told by HTTP basic authentication (2.3.1). */
export function byClientCredentials(credentials: ClientCredentials): FetchToken {
  const agent = createTlsAgent(credentials.tls)
  const { url, clientId, clientSecret, scope } = credentials
  return async () => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    if (scope !== '') form.set('scope', scope)
    const answer = await ask(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(clientSecret())}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form.toString(),
      agent,
      timeoutMs: TOKEN_TIMEOUT_MS,
    })
    return tokenIn(answer, url)
  }
}

/** RFC 6749, appendix B: as in a form, so that a colon in the id does not end it. */
function encoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

async function ask(url: string, options: Parameters<typeof askHttp>[1]): Promise<HttpAnswer> {
  try {
    return await askHttp(url, options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const remedy = tlsRemedy(code, 'KAFKA_OAUTH') ?? 'is the token server running there?'
    const reason = error instanceof Error ? error.message : String(error)
    throw new TokenError(
      'TOKEN_SERVER_AWAY',
      `no token from KAFKA_OAUTH_TOKEN_URL=${url} (${reason || code}): ${remedy}`,
      error,
    )
  }
}

/** @throws {TokenError} for everything but a token. */
export function tokenIn({ status, body }: HttpAnswer, url: string): FetchedToken {
  const answer = parse(body)
  const at = `KAFKA_OAUTH_TOKEN_URL=${url}`
  if (status >= 500 || status === 429) {
    throw new TokenError('TOKEN_SERVER_AWAY', `${at} answered ${status}: look at the token server`)
  }
  const said = typeof answer['error'] === 'string' ? `${status} ${answer['error']}` : String(status)
  if (status !== 200)
    throw new TokenError('TOKEN_REFUSED', `${at} said ${said}: ${remedyOf(status, answer)}`)
  const { access_token: value, expires_in: seconds = DEFAULT_LIFETIME_S } = answer
  if (typeof value !== 'string' || value === '') {
    throw new TokenError(
      'TOKEN_UNUSABLE',
      `${at} answered 200 without an access_token: is it a token endpoint?`,
    )
  }
  const lifetimeS = Number(seconds)
  if (!(lifetimeS >= SHORTEST_LIFETIME_S)) {
    throw new TokenError(
      'TOKEN_UNUSABLE',
      `${at} gives tokens for ${String(seconds)} s: let it give them for ${SHORTEST_LIFETIME_S} s and more`,
    )
  }
  return { value, lifetimeMs: lifetimeS * 1_000 }
}

/** By the codes of RFC 6749, 5.2. */
function remedyOf(status: number, answer: Readonly<Record<string, unknown>>): string {
  const error = answer['error']
  if (error === 'invalid_scope') return 'check KAFKA_OAUTH_SCOPE'
  if (error === 'unauthorized_client' || error === 'unsupported_grant_type') {
    return 'let the client of KAFKA_OAUTH_CLIENT_ID use the client credentials grant'
  }
  if (error === 'invalid_client' || status === 401 || status === 403) {
    return 'check KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET'
  }
  return 'is it the address of a token endpoint?'
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
