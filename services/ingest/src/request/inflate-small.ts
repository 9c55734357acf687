import { gunzipSync, type Gunzip } from 'node:zlib'

/** Sent and inflated: what takes 0.2 ms of the loop at most, less than judging such a body does. */
const MAX_SENT_BYTES = 64 * 1_024
const MAX_INFLATED_BYTES = 256 * 1_024
const MIN_CHUNK_BYTES = 1_024

/**
 * Inflates a small body of gzip here, which costs half of handing it to zlib's threads and back, or says `null`:
 * it is not small, or not what it says it is; then the other way, inflate.ts, decides.
 *
 * @param announced the size that the data says it has; a hint, never believed: not a byte more is inflated here.
 */
export function gunzipIfSmall(bytes: Buffer, announced: number, maxBytes: number): Buffer | null {
  if (bytes.length > MAX_SENT_BYTES || announced > Math.min(maxBytes, MAX_INFLATED_BYTES))
    return null
  const chunkSize = Math.max(MIN_CHUNK_BYTES, announced + 1)
  try {
    const { buffer, engine } = gunzip(bytes, { chunkSize, maxOutputLength: Math.max(1, announced) })
    const isWhole = engine.bytesWritten === bytes.length && buffer.length <= maxBytes
    if (!isWhole) return null
    // A few bytes that announced to be many would keep as much memory.
    return buffer.length * 2 < chunkSize ? Buffer.from(buffer) : buffer
  } catch {
    return null
  }
}

/** With `info` zlib returns its engine too, which knows whether bytes were left; its types do not say so. */
function gunzip(bytes: Buffer, options: { chunkSize: number; maxOutputLength: number }) {
  return gunzipSync(bytes, { ...options, info: true }) as unknown as {
    buffer: Buffer
    engine: Gunzip
  }
}
