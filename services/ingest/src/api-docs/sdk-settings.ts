import { Refusal } from '../response/refusal.ts'
import type { Handle } from '../http/route.ts'
import { send } from '../http/send.ts'

/** Only characters that need no escaping anywhere: what is in the path is echoed. */
export const SDK_SETTINGS_PATH = /^\/v1\/projects\/[\w.~:-]{1,128}\/settings$/

const HOST = /^[\w.:[\]-]{1,255}$/

/**
 * What Segment's browser SDK asks for before it sends: where events go, and no metrics to anybody: unless
 * told so it sends them from every page to api.segment.io, twice a minute. Known to everybody who has
 * the page, so it neither asks for a key nor tells whether the one in the path exists.
 */
export const answerSdkSettings: Handle = (request, response) => {
  const apiKey = (request.url ?? '').split('/', 4)[3] ?? ''
  const { host = '' } = request.headers
  if (!HOST.test(host)) throw new Refusal('bad_request', 'the Host header is not a host name')
  const body = {
    success: true,
    integrations: { 'Segment.io': { apiKey, apiHost: `${host}/v1` } },
    metrics: { sampleRate: 0 },
  }
  send(response, { status: 200, headers: { 'Content-Type': 'application/json' }, body }, false)
}

/**
 * What RudderStack's browser SDK asks for before it sends: a source that sends its events nowhere
 * else, and no telemetry to anybody. The same for every key, for the same reason.
 */
export const answerSourceConfig: Handle = (_request, response) => {
  const body = {
    success: true,
    source: {
      id: 'custom-events',
      name: 'custom-events',
      enabled: true,
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      destinations: [],
    },
  }
  send(response, { status: 200, headers: { 'Content-Type': 'application/json' }, body }, false)
}
