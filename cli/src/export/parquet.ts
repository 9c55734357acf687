import { open } from 'node:fs/promises'
import { parquetMetadata } from 'hyparquet'
import type { Encoded } from './ndjson.ts'

const MAGIC = 'PAR1'
/** Its length, in 4 bytes, and the magic word stand behind the footer. */
const END_BYTES = 8

/** Bytes of Parquet as they come; how many rows they are stands at their end. */
export async function* toParquet(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Encoded, void, void> {
  for await (const bytes of chunks) yield { bytes, rows: 0 }
}

/**
 * How many rows a file of Parquet has, by its footer.
 * @throws {Error} when it has no whole footer: it was cut
 */
export async function parquetRows(path: string): Promise<number> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const end = Buffer.alloc(END_BYTES)
    await file.read(end, 0, END_BYTES, Math.max(0, size - END_BYTES))
    const footerBytes = end.readUInt32LE(0) + END_BYTES
    if (end.toString('latin1', 4) !== MAGIC || footerBytes > size) {
      throw new Error(`${path} is not whole: it does not end as a file of Parquet does`)
    }
    const footer = Buffer.alloc(footerBytes)
    await file.read(footer, 0, footerBytes, size - footerBytes)
    const bytes = footer.buffer.slice(footer.byteOffset, footer.byteOffset + footer.length)
    return Number(parquetMetadata(bytes).num_rows)
  } finally {
    await file.close()
  }
}
