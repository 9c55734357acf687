import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open, rm, type FileHandle } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib'
import { blockWriter, deflateBlock } from './compression/blocks.ts'
import type { Outcome } from './engine/engine.ts'
import { exception, statusOf, type ServerException } from './engine/errors.ts'

/** Up to here an error can still change the status, as with the server. */
const HELD_BYTES = 1024 * 1024
/** A client that takes nothing for so long has gone, as with the server. */
const STALLED_MS = 30_000
/** What `wait_end_of_query` may put aside in a file. */
const MAX_HELD_BYTES = 1024 * 1024 * 1024

/** How a result is compressed: in HTTP's ways, or in ClickHouse's own blocks. */
export type Compression = 'gzip' | 'zstd' | 'blocks' | 'none'

export interface ReplyOptions {
  readonly compression: Compression
  /** Where to put the whole result aside before the first byte is sent; none: stream it. */
  readonly holdIn?: string
}

/** The answer to one request: held back first, so that an error can still have a status. */
export interface Reply {
  /** Resolves when the client can take more; ignored when it has gone. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  readonly end: (outcome: Outcome | undefined) => Promise<void>
  readonly fail: (error: ServerException) => Promise<void>
}

export function createReply(response: ServerResponse, options: ReplyOptions): Reply {
  const tag = randomBytes(8).toString('hex')
  let held: Uint8Array[] = []
  let heldBytes = 0
  let file: FileHandle | undefined
  let encoder: Transform | undefined

  const start = (outcome: Outcome | undefined): void => {
    response.setHeader('X-ClickHouse-Exception-Tag', tag)
    response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary(outcome)))
    encoder = encoderOf(options.compression)
    if (encoder === undefined) return
    if (options.compression !== 'blocks') {
      response.setHeader('Content-Encoding', options.compression)
    }
    encoder.pipe(response, { end: false })
  }
  const send = async (chunk: Uint8Array): Promise<void> => {
    const target = encoder ?? response
    if (response.destroyed || target.write(chunk)) return
    await taken(response, (settled) => once(target, 'drain', settled))
  }
  const hold = async (chunk: Uint8Array, path: string): Promise<void> => {
    if (heldBytes > MAX_HELD_BYTES) {
      throw exception(396, `The result is longer than ${MAX_HELD_BYTES} bytes: stream it.`)
    }
    file ??= await open(path, 'w+', 0o600)
    for (const part of held) await file.write(part)
    held = []
    await file.write(chunk)
  }
  const forget = async (path: string): Promise<void> => {
    await file?.close()
    await rm(path, { force: true })
  }
  return {
    write: async (chunk) => {
      heldBytes += chunk.length
      if (response.headersSent || encoder !== undefined) return send(chunk)
      if (heldBytes > HELD_BYTES && options.holdIn !== undefined) return hold(chunk, options.holdIn)
      held.push(Buffer.from(chunk))
      if (heldBytes <= HELD_BYTES) return
      start(undefined)
      for (const part of held) await send(part)
      held = []
    },
    end: async (outcome) => {
      if (!response.headersSent && encoder === undefined) start(outcome)
      if (file !== undefined) {
        for await (const part of file.createReadStream({ start: 0, autoClose: false })) {
          await send(part as Buffer) // no encoding was set
        }
      }
      for (const part of held) await send(part)
      if (encoder !== undefined) await ended(encoder, response)
      response.end()
      if (options.holdIn !== undefined) await forget(options.holdIn)
    },
    fail: async (error) => {
      if (options.holdIn !== undefined) await forget(options.holdIn)
      if (response.destroyed) return
      if (!response.headersSent && encoder === undefined) {
        return sendError(response, error, options.compression)
      }
      await send(Buffer.from(endOfBrokenStream(error.message, tag)))
      if (encoder !== undefined) await ended(encoder, response)
      response.socket?.end() // no closing chunk: the client sees that the result is cut
    },
  }
}

function encoderOf(compression: Compression): Transform | undefined {
  switch (compression) {
    case 'gzip':
      return createGzip()
    case 'zstd':
      return createZstdCompress()
    case 'blocks':
      return blockWriter()
    case 'none':
      return undefined
    default:
      return compression satisfies never
  }
}

/** Resolves when all that was written has gone to the response, or that has gone. */
async function ended(encoder: Transform, response: ServerResponse): Promise<void> {
  if (response.destroyed) return
  const end = taken(response, (settled) => once(encoder, 'end', settled))
  encoder.end()
  await end
}

/** Waits until the client took something, or has gone; one that takes nothing for long is cut. */
async function taken(
  response: ServerResponse,
  event: (settled: AbortController) => Promise<unknown>,
): Promise<void> {
  const settled = new AbortController()
  const stalled = setTimeout(() => response.destroy(), STALLED_MS)
  const events = [event(settled), once(response, 'close', settled)]
  await Promise.race(events).finally(() => settled.abort())
  clearTimeout(stalled)
}

/**
 * Answers an error that nothing was sent before.
 * @param compression of its text: that of the result which was asked for, as with the server
 */
export function sendError(
  response: ServerResponse,
  error: ServerException,
  compression: Compression = 'none',
): void {
  if (!response.req.complete) {
    response.setHeader('Connection', 'close')
    response.req.resume()
  }
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.setHeader('X-ClickHouse-Exception-Code', error.code)
  if (compression === 'gzip' || compression === 'zstd') {
    response.setHeader('Content-Encoding', compression)
  }
  response.statusCode = statusOf(error.code)
  response.end(compressed(Buffer.from(`${error.message}\n`), compression))
}

function compressed(text: Buffer, compression: Compression): Buffer {
  switch (compression) {
    case 'gzip':
      return gzipSync(text)
    case 'zstd':
      return zstdCompressSync(text)
    case 'blocks':
      return deflateBlock(text)
    case 'none':
      return text
    default:
      return compression satisfies never
  }
}

/** How ClickHouse 25.11 and newer mark an error behind the rows that were sent already. */
function endOfBrokenStream(message: string, tag: string): string {
  const text = `${message}\n`
  const bytes = Buffer.byteLength(text)
  return `\r\n__exception__\r\n${tag}\r\n${text}${bytes} ${tag}\r\n__exception__\r\n`
}

/** What the engine says of a query; it does not say how much a SELECT read, so that is left out. */
function summary(outcome: Outcome | undefined): Record<string, string> {
  if (outcome === undefined) return {} // it still runs
  const { rowsRead, bytesRead, rowsWritten, bytesWritten, resultRows, resultBytes } = outcome
  const figures = {
    read_rows: rowsRead,
    read_bytes: bytesRead,
    written_rows: rowsWritten,
    written_bytes: bytesWritten,
    result_rows: resultRows,
    result_bytes: resultBytes,
    elapsed_ns: Math.round(outcome.elapsedSeconds * 1e9),
  }
  const known = Object.entries(figures).filter(([, figure]) => figure !== undefined)
  return Object.fromEntries(known.map(([name, figure]) => [name, String(figure)]))
}
