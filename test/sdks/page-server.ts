import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

/** The site of an app: a page with an SDK, on an origin of its own. */
export interface PageServer extends AsyncDisposable {
  readonly origin: string
}

const PAGE = `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="/sdk.js"></script><script src="/start.js"></script><script src="/app.js"></script></head><body></body></html>`

/** Serves `scripts` by their path, and a page that loads them at every other path. */
export async function startPageServer(
  scripts: Readonly<Record<'/sdk.js' | '/start.js' | '/app.js', string>>,
): Promise<PageServer> {
  const texts = new Map<string, Buffer>()
  for (const [path, file] of Object.entries(scripts)) texts.set(path, await readFile(file))
  const server = createServer(({ url = '/' }, response) => {
    const script = texts.get(url)
    const type = script === undefined ? 'text/html' : 'text/javascript'
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(script ?? PAGE)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port for the page')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
