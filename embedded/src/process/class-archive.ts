import { createHash, randomBytes } from 'node:crypto'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** How a JVM gets along with an archive of the classes that it loads. */
export interface ClassArchive {
  readonly flags: readonly string[]
  /** After such a JVM has ended by itself: what it wrote is there for the next. */
  readonly keep: () => Promise<void>
  /** How long it may take to end, in milliseconds; undefined: as long as any. */
  readonly endsWithinMs?: number
}

const NONE: ClassArchive = { flags: [], keep: async () => {} }
/** It takes a second or two, and much longer beside other work. */
const WRITES_WITHIN_MS = 60_000
/** Whoever has begun to write is given up after so long: its server may run for days. */
const TURN_MS = 3_600_000
/** Why an archive is of no use, or leaves a class out, is nobody's trouble: the JVM then loads classes as ever. */
const QUIET = '-Xlog:cds*=off'

/**
 * Half of the processor time with which a server in Java starts goes into loading classes. The first that ends by itself
 * writes those down (`-XX:ArchiveClassesAtExit`, Java 13), the next read them from there. The JVM compares its version and
 * the jars, with their times, and does without an archive that is of others.
 *
 * @param cache where it is kept, beside the jars.
 */
export async function classArchive(cache: string, server: string): Promise<ClassArchive> {
  const java = await javaId()
  if (java === null) return NONE
  const kept = join(cache, `classes-${server}-${java}.jsa`)
  if (await isThere(kept))
    return { flags: [`-XX:SharedArchiveFile=${kept}`, QUIET], keep: NONE.keep }
  const turn = join(cache, `.classes-${server}-${java}.turn`)
  if (!(await takesTurn(turn))) return NONE
  const made = join(cache, `.classes-${server}-${randomBytes(6).toString('hex')}.jsa`)
  return {
    flags: [`-XX:ArchiveClassesAtExit=${made}`, QUIET],
    endsWithinMs: WRITES_WITHIN_MS,
    keep: async () => {
      await rename(made, kept).catch(() => {}) // whoever was killed has written none
      await rm(turn, { force: true })
    },
  }
}

/** One writes at a time, so that not every server takes longer to end. */
async function takesTurn(path: string): Promise<boolean> {
  const taken = await stat(path).catch(() => null)
  if (taken !== null && Date.now() - taken.mtimeMs > TURN_MS) await rm(path, { force: true })
  return writeFile(path, '', { flag: 'wx' }).then(
    () => true,
    () => false,
  )
}

/** Tells one Java on PATH from another, without starting it. null: there is none. */
async function javaId(path = process.env['PATH'] ?? ''): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    const java = await realpath(join(folder, 'java')).catch(() => null)
    if (java === null) continue
    const { size, mtimeMs } = await stat(java)
    return createHash('sha256').update(`${java} ${size} ${mtimeMs}`).digest('hex').slice(0, 12)
  }
  return null
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null
}
