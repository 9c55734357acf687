import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { makeFolder } from '../folder.ts'
import { checksum } from './pins.ts'
import { StackError } from '../problem.ts'

/** What a cache entry holds, written last: an entry without it was never finished. */
type Manifest = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>

const manifestName = 'manifest.json'

/** Where downloads are kept: `CUSTOM_EVENTS_CACHE`, or the user's cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return environment['CUSTOM_EVENTS_CACHE'] || join(base, 'custom-events')
}

/**
 * Returns the folder of an entry, filling it when it is missing or damaged. Several processes may
 * fill the same entry at once: each fills a folder of its own and the first one to finish wins.
 * @param isThorough compare checksums (0.5 s) rather than sizes (a few ms)
 */
export async function cached(
  entry: string,
  fill: (folder: string) => Promise<void>,
  isThorough = false,
): Promise<string> {
  if (await isIntact(entry, isThorough)) return entry
  const folder = await makeSibling(entry)
  try {
    await fill(folder)
    await writeFile(join(folder, manifestName), JSON.stringify(await describe(folder)))
    await publish(folder, entry)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return entry
}

async function makeSibling(entry: string): Promise<string> {
  const parent = dirname(entry)
  try {
    await makeFolder(parent)
    return await mkdtemp(join(parent, `.${basename(entry)}-`))
  } catch (error) {
    throw new StackError(
      {
        what: `downloads cannot be kept in ${parent}: ${(error as Error).message}`,
        fix: 'Set CUSTOM_EVENTS_CACHE to a folder that this user can write to, with 400 MB free.',
      },
      { cause: error },
    )
  }
}

/** Whether every file of the entry is there as it was when the entry was filled. */
export async function isIntact(entry: string, isThorough: boolean): Promise<boolean> {
  const manifest = await readManifest(entry)
  if (manifest === undefined) return false
  const checks = Object.entries(manifest).map(async ([path, expected]) => {
    const file = join(entry, path)
    const found = await stat(file).catch(() => undefined)
    if (found?.size !== expected.bytes) return false
    return !isThorough || (await checksum(file)) === expected.sha256
  })
  return (await Promise.all(checks)).every(Boolean)
}

async function publish(folder: string, entry: string): Promise<void> {
  try {
    await rename(folder, entry)
  } catch (error) {
    // Somebody was faster and theirs is as good as ours, or the old one is damaged: move it away.
    if (await isIntact(entry, true)) return
    const damaged = `${folder}-damaged`
    await rename(entry, damaged).catch(() => {
      throw error
    })
    await rename(folder, entry)
    await rm(damaged, { recursive: true, force: true })
  }
}

async function readManifest(entry: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(entry, manifestName), 'utf8')) as Manifest // written by us
  } catch {
    return undefined
  }
}

async function describe(folder: string): Promise<Manifest> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = found
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
  if (files.length === 0) throw new Error(`nothing was unpacked into ${folder}`)
  const entries = files.map(async (file) => {
    const { size } = await stat(file)
    return [relative(folder, file), { bytes: size, sha256: await checksum(file) }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
