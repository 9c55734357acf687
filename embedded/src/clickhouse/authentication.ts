import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { exception } from './engine/errors.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** @throws ServerException 516 unless the request shows these credentials, in any one way. */
export function authenticate(
  request: IncomingMessage,
  search: URLSearchParams,
  expected: Credentials,
): void {
  const given = [fromHeaders(request), fromBasic(request), fromUrl(search)].filter(
    (credentials) => credentials !== undefined,
  )
  if (given.length > 1) {
    throw exception(516, 'Invalid authentication: credentials are given in more than one way.')
  }
  const { user, password } = given[0] ?? { user: 'default', password: '' }
  if (isSame(user, expected.user) && isSame(password, expected.password)) return
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

function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
