import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A tracking plan as its file has it. */
export interface PlanFile {
  readonly name: string
  readonly text: string
}

const DEFAULT_DIR = fileURLToPath(new URL('../../../schemas/events', import.meta.url))
const MAX_FILES = 500
const MAX_BYTES = 256 * 1_024

/**
 * The `.json` files of a folder of tracking plans, by name. Names that begin with a dot are passed
 * over: Kubernetes keeps the versions of a mounted folder under such names.
 *
 * @param dir empty: schemas/events of this checkout.
 * @throws the file system's error; `RangeError` for more than 500 files, or one of more than 256 KiB.
 */
export async function readPlanFiles(dir: string): Promise<readonly PlanFile[]> {
  const folder = dir === '' ? DEFAULT_DIR : dir
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .toSorted()
  if (names.length > MAX_FILES) {
    throw new RangeError(`${folder}: ${names.length} files; at most ${MAX_FILES}`)
  }
  const files: PlanFile[] = []
  for (const name of names) files.push({ name, text: await readText(join(folder, name)) })
  return files
}

async function readText(path: string): Promise<string> {
  await using file = await open(path)
  const { size } = await file.stat()
  if (size > MAX_BYTES) throw new RangeError(`${path}: ${size} bytes; at most ${MAX_BYTES}`)
  return file.readFile('utf8')
}
