import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { eventSchema } from '@custom-events/event'
import helmet from 'helmet'
import { openApiDocument } from './openapi.ts'
import type { Lifecycle } from '../server/lifecycle.ts'
import { DOCS_PATHS } from '../http/paths.ts'
import type { Handle, Route } from '../http/route.ts'
import { sendBody } from '../http/send.ts'
import { TOO_MANY_PAGES } from '../admission/refusals.ts'
import { PAGES } from '../limits.ts'
import { takeFrom } from '../rate-limit/token-bucket.ts'

/** Short, and no ETag: after a deploy people read what is deployed, and no answer needs hashing. */
const CACHE_CONTROL = 'public, max-age=300'

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>custom-events: HTTP API</title>
    <link rel="icon" href="${DOCS_PATHS.icon}">
    <link rel="stylesheet" href="${DOCS_PATHS.style}">
    <script src="${DOCS_PATHS.bundle}" defer></script>
    <script src="${DOCS_PATHS.start}" defer></script>
  </head>
  <body><div id="swagger-ui"></div></body>
</html>
`

/** In a file of its own, because the page's policy forbids scripts within it. */
const START_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
})
`

/** Files of swagger-ui-dist by the path they are served at. */
const ASSETS = [
  {
    path: DOCS_PATHS.style,
    file: import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
    type: 'text/css; charset=utf-8',
  },
  {
    path: DOCS_PATHS.bundle,
    file: import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
    type: 'text/javascript; charset=utf-8',
  },
  {
    path: DOCS_PATHS.icon,
    file: import.meta.resolve('swagger-ui-dist/favicon-32x32.png'),
    type: 'image/png',
  },
]

/** Everything from our own origin, no script or style within the page, nowhere to be framed. */
const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false, // they would have browsers ask for https, which is the balancer's to offer
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
})

/**
 * The description of this API for tools (`/openapi.json`, `/schemas/event.json`) and for people
 * (`/docs`). What is the same for everybody is made once, when it is first asked for.
 *
 * @param clock milliseconds, never jumping.
 */
export function pageRoutes(
  { lifecycle }: { readonly lifecycle: Lifecycle },
  clock: () => number = () => performance.now(),
): readonly Route[] {
  const takeOne = createPageLimit(clock)
  const page = (paths: readonly string[], handle: Handle): Route => {
    const handleLimited: Handle = (request, response) => {
      takeOne()
      return handle(request, response)
    }
    return { paths, method: 'GET', audience: 'own', handle: handleLimited }
  }
  const json = (path: string, write: () => unknown): Route => {
    const bytes = once(async () => Buffer.from(JSON.stringify(write(), null, 2)))
    const headers = headersOf('application/json')
    return page([path], async (_request, response) => {
      sendBody(response, { status: 200, headers, body: await bytes() }, lifecycle.isDraining)
    })
  }
  const html = (paths: readonly string[], type: string, read: () => Promise<Buffer>): Route => {
    const bytes = once(read)
    const headers = headersOf(type)
    return page(paths, async (request, response) => {
      const body = await bytes()
      protect(request, response, () =>
        sendBody(response, { status: 200, headers, body }, lifecycle.isDraining),
      )
    })
  }
  return [
    json('/openapi.json', openApiDocument),
    json('/schemas/event.json', () => eventSchema),
    html([DOCS_PATHS.page], 'text/html; charset=utf-8', async () => Buffer.from(HTML)),
    html([DOCS_PATHS.start], 'text/javascript; charset=utf-8', async () =>
      Buffer.from(START_SCRIPT),
    ),
    ...ASSETS.map(({ path, file, type }) =>
      html([path], type, () => readFile(fileURLToPath(file))),
    ),
  ]
}

/** @returns what throws `TOO_MANY_PAGES` when pages are asked for faster than they are given. */
function createPageLimit(clock: () => number): () => void {
  let fullAtMs: number | undefined
  return () => {
    const taking = takeFrom(PAGES, fullAtMs, 1, clock())
    fullAtMs = taking.fullAtMs
    if (!taking.isTaken) throw TOO_MANY_PAGES
  }
}

function headersOf(type: string): Readonly<Record<string, string>> {
  return { 'Content-Type': type, 'Cache-Control': CACHE_CONTROL }
}

/** Remembers what was made, not that it could not be. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null
      throw error
    })
    return made
  }
}
