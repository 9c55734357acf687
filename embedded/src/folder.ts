import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { StackError } from './problem.ts'

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where a file system
 * says ENOENT to a folder whose parent is there, as /proc does.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await makeOne(path)
  }
}

/** Somebody else may make it at the same moment. */
async function makeOne(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

const MIN_FREE_MEGABYTES = 100

/**
 * The folder for the servers' data, a temporary one unless it is given.
 * @throws StackError when it cannot be written or its disk is full
 */
export async function prepareDataFolder(dataDir: string | undefined): Promise<string> {
  const where = dataDir ?? tmpdir()
  const folder = await makeDataFolder(dataDir).catch((error: unknown) => {
    throw new StackError(
      {
        what: `the servers cannot keep their data in ${where}: ${(error as Error).message}`,
        fix: 'Choose a dataDir (or TMPDIR) that this user can write to.',
      },
      { cause: error },
    )
  })
  const disk = await statfs(folder)
  const freeMegabytes = Math.floor((disk.bavail * disk.bsize) / 1_048_576)
  if (freeMegabytes >= MIN_FREE_MEGABYTES) return folder
  if (dataDir === undefined) await rm(folder, { recursive: true })
  throw new StackError({
    what: `the disk of ${where} is full: ${freeMegabytes} MB are free, ${MIN_FREE_MEGABYTES} MB are needed`,
    fix: 'Free some space, or choose a dataDir (or TMPDIR) on another disk.',
  })
}

async function makeDataFolder(dataDir: string | undefined): Promise<string> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'custom-events-stack-')))
  await makeFolder(join(folder, 'logs'))
  return folder
}
