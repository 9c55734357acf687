import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportFormat } from './request.ts'
import type { ExportedColumn } from './sources.ts'

/** Its presence says that an export is whole; it is written last. */
export const MANIFEST = 'manifest.json'

export interface ManifestFile {
  readonly name: string
  readonly source: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  /** Of its rows: from the first, to before the second. */
  readonly from: string
  readonly to: string
}

/** What an export holds. */
export interface Manifest {
  readonly product: string
  readonly version: string
  readonly format: ExportFormat
  readonly group: string
  readonly user: string | null
  readonly anonymous: string | null
  /** Asked for; `null`: no bound. */
  readonly from: string | null
  readonly to: string | null
  /** Everything that could be queried then is in it, as it was when its file was written. By the clock of ClickHouse. */
  readonly as_of: string
  /** Everything that was accepted before this moment is in it; `null`: not known. */
  readonly complete_until: string | null
  readonly finished_at: string
  readonly rows: number
  readonly columns: Readonly<Record<string, readonly ExportedColumn[]>>
  readonly files: readonly ManifestFile[]
}

/** All or nothing: under its name only when its bytes are on disk. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, MANIFEST)
  const file = await open(`${path}.part`, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}

/** @throws {Error} when there is none, or it is not one of ours */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${folder} is no finished export: ${reason}`, { cause: error })
  })
  const manifest: unknown = JSON.parse(text)
  if (!isManifest(manifest)) throw new Error(`${path} is not the manifest of an export`)
  return manifest
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null || !('files' in value)) return false
  const { files } = value
  return (
    Array.isArray(files) &&
    files.every(
      (file: unknown) =>
        typeof file === 'object' &&
        file !== null &&
        'name' in file &&
        typeof file.name === 'string' &&
        /^[a-z]+-\d{6}\.(?:ndjson|parquet)$/.test(file.name),
    )
  )
}
