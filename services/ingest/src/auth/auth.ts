import type { IncomingHttpHeaders } from 'node:http'
import type { Audience } from '@custom-events/event'
import type { Keys } from './key-file.ts'
import type { IngestRequest } from '../http/messages.ts'
import { Refusal } from '../response/refusal.ts'
import { ANYBODY, type WriteKey } from './write-keys.ts'

/**
 * Whose request this is, by the key it presents.
 *
 * @throws {Refusal} 401 without a key or with an unknown one, 403 when the key may not be used so.
 */
export function authenticate(
  presented: string | null,
  origin: string | undefined,
  keys: Keys,
): WriteKey {
  if (keys.isOff) return ANYBODY
  if (presented === null) {
    const detail = 'no write key in X-Api-Key, Authorization or X-Write-Key'
    throw new Refusal('missing_api_key', detail, { headers: challengeFor(origin) })
  }
  const key = keys.find(presented)
  if (key === null) {
    const headers = challengeFor(origin)
    throw new Refusal('invalid_api_key', 'the write key is not known', { headers })
  }
  if (!key.mayWrite) throw new Refusal('key_scope', 'this key may not write events')
  if (origin !== undefined && key.origins !== null && !key.origins.has(origin)) {
    throw new Refusal('origin_not_allowed', 'this key may not be used from this origin')
  }
  return key
}

/** A browser that is asked for Basic asks its user, and keeps a password for us. */
function challengeFor(origin: string | undefined): Readonly<Record<string, string>> {
  return { 'WWW-Authenticate': `${origin === undefined ? 'Basic' : 'Bearer'} realm="events"` }
}

/** The key that is there before the body is read: in a header or, from an SDK, in the query. */
export function presentedKey(
  { headers, parameters }: IngestRequest,
  audience: Audience,
): string | null {
  const inHeader = headerKey(headers)
  if (inHeader !== null || audience === 'own') return inHeader
  return single(parameters?.get('writeKey')) ?? single(parameters?.get('api_key'))
}

/** The first header that names a key wins. */
function headerKey(headers: IncomingHttpHeaders): string | null {
  const { authorization } = headers
  return (
    single(headers['x-api-key']) ??
    (authorization === undefined ? null : (bearerKey(authorization) ?? basicKey(authorization))) ??
    single(headers['x-write-key'])
  )
}

function single(text: string | readonly string[] | null | undefined): string | null {
  return typeof text === 'string' && text !== '' ? text : null
}

function bearerKey(header: string): string | null {
  return single(/^Bearer +(\S+)$/i.exec(header)?.[1])
}

/** SDKs send the key as the user without a password; Jitsu's keys have a colon inside. */
function basicKey(header: string): string | null {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(header)?.[1]
  if (encoded === undefined) return null
  return single(Buffer.from(encoded, 'base64').toString('utf8').replace(/:$/, ''))
}
