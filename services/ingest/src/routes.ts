import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Audience } from './audience.ts'
import { createDryRun } from './dry-run.ts'
import { createIgnore } from './ignore.ts'
import type { IngestParts } from './parts.ts'
import { answerSdkSettings, SDK_SETTINGS_PATH } from './sdk-settings.ts'
import { createTrack } from './track.ts'

export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** One row of the table of endpoints. */
export interface Route {
  readonly paths: readonly (string | RegExp)[]
  readonly method: 'GET' | 'POST'
  readonly audience: Audience
  readonly handle: Handle
}

export const OWN_PATHS = ['/track', '/v1/track', '/api/track']

/** Where SDKs send lists, each also with a slash at its end. */
const SDK_LIST_PATHS = ['/v1/batch', '/v1/import', '/v1/b', '/batch', '/b', '/beacon/v1/batch']

export const SDK_PATHS = [
  ...SDK_LIST_PATHS.flatMap((path) => [path, `${path}/`]),
  '/v1/t',
  '/api/s/track',
  '/api/s/s2s/track',
]

/** Calls of SDKs that are no events; the short names are those of Segment's browser SDK. */
const NOISE = ['identify', 'group', 'page', 'screen', 'alias', 'i', 'g', 'p', 's', 'a']

export const NOISE_PATHS = NOISE.flatMap((call) => [
  `/v1/${call}`,
  `/api/s/${call}`,
  `/api/s/s2s/${call}`,
])

/** Every endpoint; a path that is not here is 404, a method that is not here 405. */
export function routesOf(parts: IngestParts): readonly Route[] {
  const post = (paths: readonly string[], audience: Audience, handle: Handle): Route => {
    return { paths, method: 'POST', audience, handle }
  }
  return [
    post(OWN_PATHS, 'own', createTrack(parts, 'own')),
    post(SDK_PATHS, 'sdk', createTrack(parts, 'sdk')),
    post(NOISE_PATHS, 'sdk', createIgnore(parts)),
    post(['/v1/validate'], 'own', createDryRun(parts)),
    { paths: [SDK_SETTINGS_PATH], method: 'GET', audience: 'sdk', handle: answerSdkSettings },
  ]
}
