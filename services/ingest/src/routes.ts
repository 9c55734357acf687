import type { Audience } from '@custom-events/event'
import { createDryRun } from './track/dry-run.ts'
import { createIgnore } from './track/ignore.ts'
import { pageRoutes } from './api-docs/pages.ts'
import type { IngestParts } from './parts.ts'
import {
  NOISE_PATHS,
  OWN_PATHS,
  SDK_PATHS,
  SOURCE_CONFIG_PATH,
  VALIDATE_PATH,
} from './http/paths.ts'
import {
  answerSdkSettings,
  answerSourceConfig,
  SDK_SETTINGS_PATH,
} from './api-docs/sdk-settings.ts'
import { createTrack } from './track/track.ts'
import type { Handle, Route } from './http/route.ts'

/** Every endpoint; a path that is not here is 404, a method that is not here 405. */
export function routesOf(parts: IngestParts): readonly Route[] {
  const post = (paths: readonly string[], audience: Audience, handle: Handle): Route => {
    return { paths, method: 'POST', audience, handle }
  }
  return [
    post(OWN_PATHS, 'own', createTrack(parts, 'own')),
    post(SDK_PATHS, 'sdk', createTrack(parts, 'sdk')),
    post(NOISE_PATHS, 'sdk', createIgnore(parts)),
    post([VALIDATE_PATH], 'own', createDryRun(parts)),
    { paths: [SDK_SETTINGS_PATH], method: 'GET', audience: 'sdk', handle: answerSdkSettings },
    { paths: [SOURCE_CONFIG_PATH], method: 'GET', audience: 'sdk', handle: answerSourceConfig },
    ...pageRoutes(parts),
  ]
}
