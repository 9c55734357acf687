import type { IncomingMessage } from 'node:http'
import { Readable, type Transform } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'
import { inflateBlocks } from './compression/blocks.ts'
import { inflateLz4Frames } from './compression/lz4-frame.ts'
import { exception } from './engine/errors.ts'
import type { FormFile } from './external.ts'
import { notSupported } from './sql/settings.ts'

/** SQL is held in memory up to here; the data of an INSERT goes to a file instead. */
const MAX_SQL_BYTES = 64 * 1024 * 1024
const IDLE_MS = 30_000
/** What a compressed body may become: a bomb ends here, and its file is removed. */
const MAX_INFLATED_BYTES = 8 * 1024 ** 3

const inflaters: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/**
 * The request's body, inflated; it fails when the client is silent for 30 s or goes away.
 * @param inflatesBlocks whether it is compressed in ClickHouse's own way, too
 */
export function openBody(request: IncomingMessage, inflatesBlocks: boolean): Readable {
  watchSilence(request)
  const plain = decode(request)
  const body = inflatesBlocks ? Readable.from(inflateBlocks(plain), BYTES) : plain
  return body === request ? body : Readable.from(bounded(body), BYTES)
}

const BYTES = { objectMode: false }

/** Silence is an error only while the body is sent: the query itself may be silent for as long as it takes. */
function watchSilence(request: IncomingMessage): void {
  request.setTimeout(IDLE_MS, () => {
    if (request.complete) return
    request.destroy(exception(209, `No data from the client for ${IDLE_MS / 1_000} s.`))
  })
  request.once('end', () => request.socket.setTimeout(0))
}

function decode(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return request
  if (encoding === 'lz4') return Readable.from(inflateLz4Frames(request), BYTES)
  const inflater = inflaters[encoding]?.()
  if (inflater === undefined) {
    const known = ['lz4', ...Object.keys(inflaters)].join(', ')
    throw notSupported(`The content encoding ${encoding} (${known} are)`)
  }
  request.on('error', (error) => inflater.destroy(error))
  request.on('aborted', () => inflater.destroy(new Error('the client went away')))
  return request.pipe(inflater)
}

async function* bounded(body: Readable): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of body) {
    const bytes = chunk as Buffer // no encoding is set
    size += bytes.length
    if (size > MAX_INFLATED_BYTES) {
      throw exception(307, `The body is longer than ${MAX_INFLATED_BYTES} bytes when inflated.`)
    }
    yield bytes
  }
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

/** A form: its fields (`query`, `param_…`) and its files, which are external data. */
export interface Form {
  readonly fields: readonly (readonly [string, string])[]
  readonly files: readonly FormFile[]
}

export async function readForm(bytes: Buffer, contentType: string): Promise<Form> {
  const headers = { 'content-type': contentType }
  const form = await new Response(new Uint8Array(bytes), { headers }).formData()
  const fields: [string, string][] = []
  const files: FormFile[] = []
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.push([name, value])
    else files.push({ name, bytes: Buffer.from(await value.arrayBuffer()) })
  }
  return { fields, files }
}
