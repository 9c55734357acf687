import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { dockerInstead, StackError } from '../problem.ts'

/** Where the checksums of all that Maven downloads are kept, as `sha256sum` writes them. */
export const PINS_FILE = fileURLToPath(new URL('../../artifacts.sha256', import.meta.url))

/** SHA-256 in hexadecimal, by file name, which holds the version. */
export type Pins = ReadonlyMap<string, string>

export async function readPins(path = PINS_FILE): Promise<Pins> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [, sha256, name] = /^([\da-f]{64}) {2}(.+)$/.exec(line) ?? []
      return sha256 === undefined || name === undefined ? [] : [[name, sha256]]
    }),
  )
}

/**
 * Compares every file of a folder that was just downloaded with the checksum kept in the repository.
 * @throws StackError naming the first file that is another, or of which no checksum is kept
 */
export async function verifyPinned(folder: string, pins?: Pins): Promise<void> {
  const expectedByName = pins ?? (await readPins())
  for (const name of (await readdir(folder)).toSorted()) {
    const got = await checksum(join(folder, name))
    const expected = expectedByName.get(name)
    if (got !== expected) throw notAsPinned(name, expected, got)
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function checksum(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

function notAsPinned(name: string, expected: string | undefined, got: string): StackError {
  const kept = `embedded/${basename(PINS_FILE)}`
  if (expected === undefined) {
    return new StackError({
      what: `the download ${name} (SHA-256 ${got}) has no checksum in ${kept}`,
      fix: `Was a version changed? Then change the headings in ${kept}, run \`npm run pin\` and look at the difference.`,
    })
  }
  return new StackError({
    what: `the download ${name} is not what it should be: expected SHA-256 ${expected}, got ${got}`,
    fix:
      'A file that was cut or damaged: delete it (find ~/.m2/repository -name ' +
      `${name} -delete) and try again. If it comes again, your Maven mirror has another file under this name: ` +
      `do not run it, ask who keeps the mirror, ${dockerInstead}`,
  })
}
