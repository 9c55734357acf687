/** Our own paths. */
export const OWN_PATHS = ['/track', '/api/track']

/** Those of SDKs: lists first, then single events. */
export const SDK_PATHS = [
  '/v1/batch',
  '/v1/import',
  '/v1/b',
  '/batch',
  '/b',
  '/beacon/v1/batch',
  '/v1/track',
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

/** Where RudderStack's browser SDK asks what to do, below its `configUrl`. */
export const SOURCE_CONFIG_PATH = '/sourceConfig'

export const VALIDATE_PATH = '/v1/validate'

/** The page for people. */
export const DOCS_PATHS = {
  page: '/docs',
  start: '/docs/start.js',
  style: '/docs/swagger-ui.css',
  bundle: '/docs/swagger-ui-bundle.js',
  icon: '/docs/favicon-32x32.png',
} as const

export const ASSET_PATHS: readonly string[] = Object.values(DOCS_PATHS)
