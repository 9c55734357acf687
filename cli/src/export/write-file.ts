import { createHash } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Encoded } from './ndjson.ts'

export interface WrittenFile {
  readonly bytes: number
  readonly rows: number
  readonly sha256: string
}

/**
 * Writes a file of an export, under its name only when all of it is on disk.
 * @throws what the rows, or the disk, throw
 */
export async function writeFileOf(
  folder: string,
  name: string,
  content: AsyncIterable<Encoded>,
): Promise<WrittenFile> {
  const path = join(folder, name)
  const hash = createHash('sha256')
  let [bytes, rows] = [0, 0]
  const file = await open(`${path}.part`, 'w', 0o600)
  try {
    for await (const part of content) {
      await file.writeFile(part.bytes)
      hash.update(part.bytes)
      bytes += part.bytes.length
      rows += part.rows
    }
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
  return { bytes, rows, sha256: hash.digest('hex') }
}
