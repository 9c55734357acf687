import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { OAuth2Server, type JWK } from 'oauth2-mock-server'

export const TOKEN_ISSUER = 'https://issuer.custom-events.test'
export const TOKEN_AUDIENCE = 'kafka'

/** Signs tokens; the brokers know it by a file, so that they start before the token server does. */
export interface TokenKey {
  readonly jwk: JWK
  readonly jwksUrl: string
}

export async function makeTokenKey(folder: string): Promise<TokenKey> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const of = { kid: randomUUID(), alg: 'RS256', use: 'sig' }
  const file = join(folder, 'jwks.json')
  await writeFile(
    file,
    JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), ...of }] }),
  )
  return {
    jwk: { ...privateKey.export({ format: 'jwk' }), ...of },
    jwksUrl: pathToFileURL(file).href,
  }
}

/** A token server with one client, which is a user of Kafka by its id. */
export interface TokenServer extends AsyncDisposable {
  readonly url: string
  /** How many tokens were given. */
  readonly given: number
  /** Tokens that the brokers do not take, when it is not theirs. @default the audience of the brokers */
  audience: string
}

export interface TokenServerOptions {
  readonly key: TokenKey
  readonly clientId: string
  readonly clientSecret: string
  readonly lifetimeS: number
  /** By https. @default by http */
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** @default any free one */
  readonly port?: number
}

export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { key, clientId, clientSecret, lifetimeS, certificate, port } = options
  const server = new OAuth2Server(certificate?.key, certificate?.cert)
  await server.issuer.keys.add(key.jwk)
  let given = 0
  const own = { audience: TOKEN_AUDIENCE }
  server.service.on('beforeTokenSigning', ({ payload }: { payload: Record<string, unknown> }) => {
    const now = Math.floor(Date.now() / 1_000)
    const claims = {
      iss: TOKEN_ISSUER,
      aud: own.audience,
      sub: clientId,
      iat: now,
      exp: now + lifetimeS,
    }
    Object.assign(payload, claims)
  })
  server.service.on(
    'beforeResponse',
    (
      answer: { body: unknown; statusCode: number },
      { headers }: { headers: { authorization?: string } },
    ) => {
      if (clientIn(headers.authorization) !== `${clientId}:${clientSecret}`) {
        answer.statusCode = 401
        answer.body = { error: 'invalid_client' }
        return
      }
      given += 1
      answer.body = { ...Object(answer.body), expires_in: lifetimeS }
    },
  )
  await server.start(port, '127.0.0.1')
  const scheme = certificate === undefined ? 'http' : 'https'
  return {
    url: `${scheme}://127.0.0.1:${server.address().port}/token`,
    get given() {
      return given
    },
    get audience() {
      return own.audience
    },
    set audience(audience) {
      own.audience = audience
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** RFC 6749, 2.3.1: id and secret are encoded as in a form. */
function clientIn(authorization = ''): string {
  const decoded = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString('utf8')
  return decoded
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
    .join(':')
}
