import { brotliDecompress, constants, gunzip, inflate, inflateRaw } from 'node:zlib'
import type { BrotliOptions, ZlibOptions } from 'node:zlib'
import { Refusal } from './refusal.ts'

export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br'

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
}

/** @throws {Refusal} 415 for any other coding, and for several of them. */
export function encodingFrom(header: string | undefined): Encoding {
  const name = (header ?? '').trim().toLowerCase()
  const encoding = Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined
  if (encoding !== undefined) return encoding
  throw new Refusal(
    'unsupported_encoding',
    'Content-Encoding must be gzip, deflate, br or absent',
    {
      headers: { 'Accept-Encoding': 'gzip, deflate, br' },
    },
  )
}

/**
 * Inflates a whole body and stops at the limit: a bomb costs no more than a body of that size.
 *
 * @throws {Refusal} 413 beyond `maxBytes`; 400 when the bytes are not what the encoding says, are cut
 * short, or are followed by others.
 */
export async function inflateBody(
  bytes: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  maxBytes: number,
): Promise<Buffer> {
  const { buffer, consumedBytes } = await run(bytes, encoding, maxBytes)
  if (consumedBytes === bytes.length) return buffer
  throw new Refusal('invalid_encoding', `bytes follow the end of the ${encoding} data`)
}

interface Inflated {
  readonly buffer: Buffer
  readonly consumedBytes: number
}

function run(bytes: Buffer, encoding: Exclude<Encoding, 'identity'>, maxBytes: number) {
  return new Promise<Inflated>((resolve, reject) => {
    const done = (error: Error | null, result: unknown): void => {
      if (error !== null) return reject(refusalFrom(error, encoding, maxBytes))
      // `info: true` makes zlib answer with the engine beside the buffer; the typings leave it out.
      const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
      resolve({ buffer, consumedBytes: engine.bytesWritten })
    }
    const options: ZlibOptions & BrotliOptions = { maxOutputLength: maxBytes, info: true }
    switch (encoding) {
      case 'gzip':
        return gunzip(bytes, options, done)
      case 'deflate':
        return hasZlibHeader(bytes)
          ? inflate(bytes, options, done)
          : inflateRaw(bytes, options, done)
      case 'br':
        return brotliDecompress(
          bytes,
          { ...options, params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 0 } },
          done,
        )
    }
  })
}

/** RFC 9110 8.4.1.2: some clients send raw deflate data without the zlib wrapping. */
function hasZlibHeader(bytes: Buffer): boolean {
  if (bytes.length < 2) return false
  return (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

function refusalFrom(error: Error, encoding: Encoding, maxBytes: number): Refusal {
  if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
    const detail = `the body holds more than ${maxBytes} bytes after ${encoding}`
    return new Refusal('body_too_large', detail, { cause: error })
  }
  return new Refusal('invalid_encoding', `the body is not whole, valid ${encoding} data`, {
    cause: error,
  })
}
