import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST, readManifest, type ManifestFile } from './manifest.ts'
import { parquetRows } from './parquet.ts'

/**
 * Compares a finished export with its manifest.
 * @returns what is wrong, a line each @throws {Error} when it has no manifest
 */
export async function verifyExport(folder: string): Promise<readonly string[]> {
  const { files } = await readManifest(folder)
  const listed = new Set([MANIFEST, ...files.map(({ name }) => name)])
  const others = (await readdir(folder)).filter((name) => !listed.has(name))
  const problems = others.map((name) => `${name} is not in the manifest`)
  for (const file of files) {
    const problem = await problemOf(folder, file)
    if (problem !== null) problems.push(`${file.name}: ${problem}`)
  }
  return problems
}

async function problemOf(folder: string, file: ManifestFile): Promise<string | null> {
  const path = join(folder, file.name)
  const found = await stat(path).catch(() => null)
  if (found === null) return 'is missing'
  if (found.size !== file.bytes) return `has ${found.size} bytes, expected ${file.bytes}`
  const { sha256, lines } = await read(path)
  if (sha256 !== file.sha256) return `has SHA-256 ${sha256}, expected ${file.sha256}`
  const rows = path.endsWith('.parquet') ? await parquetRows(path) : lines
  return rows === file.rows ? null : `has ${rows} rows, expected ${file.rows}`
}

async function read(path: string): Promise<{ readonly sha256: string; readonly lines: number }> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const chunk of createReadStream(path)) {
    const bytes = chunk as Buffer // no encoding was set
    hash.update(bytes)
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1
  }
  return { sha256: hash.digest('hex'), lines }
}
