/** Our own paths. */
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

/** Where RudderStack's browser SDK asks what to do, below its `configUrl`. */
export const SOURCE_CONFIG_PATHS = ['/sourceConfig', '/sourceConfig/']

export const VALIDATE_PATH = '/v1/validate'

/** The page for people; a slash after `/docs` is no other page, and never a redirect. */
export const DOCS_PATHS = {
  page: ['/docs', '/docs/'],
  start: '/docs/start.js',
  style: '/docs/swagger-ui.css',
  bundle: '/docs/swagger-ui-bundle.js',
  icon: '/docs/favicon-32x32.png',
} as const

export const ASSET_PATHS: readonly string[] = Object.values(DOCS_PATHS).flat()
