import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { exception } from '../engine/errors.ts'
import type { Credentials, Login, Secret } from './login.ts'

/**
 * Who asks.
 * @throws ServerException 516 unless the request shows the credentials of a login, in any one way.
 */
export function authenticate(
  request: IncomingMessage,
  search: URLSearchParams,
  loginNamed: (name: string) => Login | undefined,
): Login {
  const given = [fromHeaders(request), fromBasic(request), fromUrl(search)].filter(
    (credentials) => credentials !== undefined,
  )
  if (given.length > 1) {
    throw exception(516, 'Invalid authentication: credentials are given in more than one way.')
  }
  const { user, password } = given[0] ?? { user: 'default', password: '' }
  const login = loginNamed(user)
  // Compared whoever it is, so that the time does not tell which names there are.
  const isProven = proves(password, login?.secret ?? NOBODY)
  if (login !== undefined && isProven) return login
  throw exception(
    516,
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  )
}

function fromHeaders({ headers }: IncomingMessage): Credentials | undefined {
  const user = headers['x-clickhouse-user']
  const password = headers['x-clickhouse-key']
  if (user === undefined && password === undefined) return undefined
  return { user: String(user ?? 'default'), password: String(password ?? '') }
}

function fromBasic({ headers }: IncomingMessage): Credentials | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  const [scheme, value = ''] = authorization.split(' ')
  if (scheme?.toLowerCase() !== 'basic') {
    throw exception(516, `Invalid authentication: '${scheme}' HTTP Authorization is not supported.`)
  }
  const decoded = Buffer.from(value, 'base64').toString()
  const colon = decoded.indexOf(':')
  if (colon === -1) return { user: decoded, password: '' }
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function fromUrl(search: URLSearchParams): Credentials | undefined {
  const user = search.get('user')
  const password = search.get('password')
  if (user === null && password === null) return undefined
  return { user: user ?? 'default', password: password ?? '' }
}

/** No password is the one of nobody. */
const NOBODY: Secret = { sha256: '', salt: '' }

function proves(password: string, secret: Secret): boolean {
  if ('password' in secret) return isSame(sha256(password), sha256(secret.password))
  return isSame(sha256(`${password}${secret.salt}`), Buffer.from(secret.sha256, 'hex'))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
