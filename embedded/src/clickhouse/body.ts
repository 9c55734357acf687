import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { exception } from './engine/errors.ts'
import { notSupported } from './sql/settings.ts'

/** SQL is held in memory up to here; the data of an INSERT goes to a file instead. */
const MAX_SQL_BYTES = 64 * 1024 * 1024
const IDLE_MS = 30_000

/** The request's body, inflated; it fails when the client is silent for 30 s or goes away. */
export function openBody(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw notSupported(`The content encoding ${encoding} (gzip is)`)
  }
  request.setTimeout(IDLE_MS, () => {
    if (request.complete) return
    request.destroy(exception(209, `No data from the client for ${IDLE_MS / 1_000} s.`))
  })
  if (encoding === 'identity') return request
  const gunzip = createGunzip()
  request.on('error', (error) => gunzip.destroy(error))
  request.on('aborted', () => gunzip.destroy(new Error('the client went away')))
  return request.pipe(gunzip)
}

/** Reads at least `enough` bytes, unless the body ends first; what is left can be read again. */
export async function readHead(
  body: Readable,
  enough: number,
): Promise<{ readonly bytes: Buffer; readonly isAll: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer // no encoding is set
    chunks.push(bytes)
    size += bytes.length
    if (size > MAX_SQL_BYTES) {
      throw exception(307, `The query is longer than ${MAX_SQL_BYTES} bytes.`)
    }
    if (size >= enough) return { bytes: Buffer.concat(chunks), isAll: false }
  }
  return { bytes: Buffer.concat(chunks), isAll: true }
}

/** The fields of a form: `query`, `param_…`. Files (external tables) are refused. */
export async function readForm(
  bytes: Buffer,
  contentType: string,
): Promise<readonly (readonly [string, string])[]> {
  const headers = { 'content-type': contentType }
  const form = await new Response(new Uint8Array(bytes), { headers }).formData()
  return [...form].map(([name, value]) => {
    if (typeof value !== 'string') throw notSupported('External tables')
    return [name, value] as const
  })
}
