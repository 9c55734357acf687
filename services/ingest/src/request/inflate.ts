import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
} from 'node:zlib'
import type { BrotliDecompress, Gunzip, Inflate, InflateRaw } from 'node:zlib'
import { gunzipIfSmall } from './inflate-small.ts'
import { Refusal } from '../response/refusal.ts'

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
  if (header === undefined) return 'identity'
  const name = header.trim().toLowerCase()
  const encoding = Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined
  if (encoding !== undefined) return encoding
  const detail = `Content-Encoding must be gzip, deflate, br or absent; got ${gotEncoding(name)}`
  throw new Refusal('unsupported_encoding', detail, {
    headers: { 'Accept-Encoding': 'gzip, deflate, br' },
  })
}

function gotEncoding(name: string): string {
  const got = JSON.stringify(name.length > MAX_TOLD ? `${name.slice(0, MAX_TOLD)}…` : name)
  return /^(utf|iso|us-ascii|windows)/.test(name)
    ? `${got}: the charset stands in Content-Type`
    : got
}

/** Characters of what somebody sent. */
const MAX_TOLD = 40

export interface InflateBounds {
  readonly maxBytes: number
  /** What a body beyond that is refused with. */
  readonly tooLarge: () => Refusal
}

/**
 * Inflates a whole body and stops at the limit: a bomb costs no more than a body of that size.
 *
 * @throws {Refusal} 413; 400 when the bytes are not what the encoding says, are cut
 * short, or are followed by others.
 */
export function inflateBody(
  bytes: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  { maxBytes, tooLarge }: InflateBounds,
): Promise<Buffer> {
  const announced = encoding === 'gzip' ? gzippedBytes(bytes) : null
  const small = announced === null ? null : gunzipIfSmall(bytes, announced, maxBytes)
  if (small !== null) return Promise.resolve(small)
  const engine = openEngine(bytes, encoding, chunkBytesFor(announced ?? 0, maxBytes))
  // What a bomb admits to be is inflated only to be sure of it, and never held.
  const isHeld = announced === null || announced <= maxBytes
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const fail = (refusal: Refusal): void => {
      for (const chunk of chunks.splice(0)) free(chunk)
      engine.destroy()
      reject(refusal)
    }
    engine.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (isHeld) chunks.push(chunk)
      else free(chunk)
      if (length > maxBytes) fail(tooLarge())
    })
    engine.on('error', (cause) => fail(notWhole(encoding, cause)))
    engine.on('end', () => {
      if (engine.bytesWritten === bytes.length) resolve(joined(chunks, length))
      else fail(followedByOthers(encoding))
    })
    engine.end(bytes)
  })
}

/** Deflate makes at most so many bytes of one: https://zlib.net/zlib_tech.html, "Maximum Compression Factor". */
const MAX_DEFLATE_FACTOR = 1_032

/**
 * How large a body says that it will be, as far as that is possible: a hint, never believed. Only gzip says more than
 * how much was sent, and of several members only the size of the last.
 */
export function announcedBytes(sent: Buffer, encoding: Encoding): number {
  if (encoding !== 'gzip') return sent.length
  return Math.min(gzippedBytes(sent), sent.length * MAX_DEFLATE_FACTOR)
}

/** RFC 1952: the last four bytes of gzip data are the size of what it holds, modulo 2^32. */
function gzippedBytes(bytes: Buffer): number {
  return bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4)
}

/** Each chunk is a turn of zlib and a buffer of its own: few, whatever small size a body says it has. */
const MIN_CHUNK_BYTES = 64 * 1_024
/** A mebibyte takes 1.3 ms in one chunk, 2.0 in sixteen that are then joined. */
const MAX_CHUNK_BYTES = 1_024 ** 2

/** With room for one byte more than announced, or than allowed: zlib asks for another chunk when one is full. */
function chunkBytesFor(announced: number, maxBytes: number): number {
  return Math.min(Math.max(MIN_CHUNK_BYTES, Math.min(announced, maxBytes)), MAX_CHUNK_BYTES) + 1
}

function joined(chunks: readonly Buffer[], length: number): Buffer {
  const [only] = chunks
  // A few bytes that announced to be many would keep as much memory.
  const isFull = only !== undefined && only.length * 2 > only.buffer.byteLength
  if (isFull && chunks.length === 1) return only
  const whole = Buffer.concat(chunks, length)
  for (const chunk of chunks) free(chunk)
  return whole
}

/**
 * Gives a chunk's memory back at once: the collector, which sees only small objects, would let tens of
 * megabytes gather. Only of a full buffer: into one with room left the engine may still write.
 */
function free({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}

/**
 * Gives the memory of an inflated body back that nobody will look at again: by the collector each costs several times
 * what it took to inflate it. Short ones are in a buffer that others share.
 */
export function letGo(body: Buffer): void {
  const { buffer } = body
  const isAlone = body.length > MIN_CHUNK_BYTES && body.length * 2 > buffer.byteLength
  if (isAlone && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

type Engine = Gunzip | Inflate | InflateRaw | BrotliDecompress

function openEngine(
  bytes: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  chunkSize: number,
): Engine {
  switch (encoding) {
    case 'gzip':
      return createGunzip({ chunkSize })
    case 'deflate':
      return hasZlibHeader(bytes) ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize })
    case 'br':
      return createBrotliDecompress({
        chunkSize,
        params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 0 },
      })
  }
}

/** RFC 9110 8.4.1.2: some clients send raw deflate data without the zlib wrapping. */
function hasZlibHeader(bytes: Buffer): boolean {
  if (bytes.length < 2) return false
  return (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

function notWhole(encoding: Encoding, cause: Error): Refusal {
  const detail = `the body is not whole, valid ${encoding} data`
  return new Refusal('invalid_encoding', detail, { cause })
}

function followedByOthers(encoding: Encoding): Refusal {
  return new Refusal('invalid_encoding', `bytes follow the end of the ${encoding} data`)
}
