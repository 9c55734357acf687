// Unit tests, some twenty files in one process: to start Node and to load what they test takes longer than most of them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const FOLDER = 'node_modules/.cache/test-bundles'
const FILES_AT_MOST = 25

/**
 * What a file does to its whole process: a hook would be one of all tests there, and flags, memory and processor time are
 * everybody's.
 */
const NEEDS_ITS_OWN =
  /^(?:before|after|beforeEach|afterEach)\(|setFlagsFromString|\.(?:cpuUsage|memoryUsage)\b/m

/** Files that go together, by the package or the service that they are of. */
export interface Bundle {
  readonly name: string
  readonly files: readonly string[]
}

/** @param textOf what stands in a file. */
export function bundlesOf(
  files: readonly string[],
  textOf: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): { readonly bundles: readonly Bundle[]; readonly apart: readonly string[] } {
  const byNeed = Map.groupBy(files, (file) => NEEDS_ITS_OWN.test(textOf(file)))
  const byPackage = Map.groupBy(byNeed.get(false) ?? [], packageOf)
  const bundles = [...byPackage].flatMap(([name, of]) => {
    const count = Math.ceil(of.length / FILES_AT_MOST)
    // Dealt out: neighbours are alike, and take long alike.
    return Array.from({ length: count }, (_, n) => ({
      name: `${name}-${n + 1}`,
      files: of.filter((__, index) => index % count === n),
    }))
  })
  return { bundles, apart: byNeed.get(true) ?? [] }
}

function packageOf(file: string): string {
  const [folder = '', inside] = file.split('/src/', 2)
  return inside === undefined ? (folder.split('/')[0] ?? '') : folder.replaceAll('/', '-')
}

/** @returns one file for each bundle, which imports those of it, and the files that stay by themselves. */
export function bundled(files: readonly string[]): readonly string[] {
  const { bundles, apart } = bundlesOf(files)
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const made = bundles.map(({ name, files: of }) => {
    const path = join(FOLDER, `${name}.mjs`)
    writeFileSync(path, of.map((file) => `import ${JSON.stringify(urlOf(file))}\n`).join(''))
    return path
  })
  return [...made, ...apart]
}

function urlOf(file: string): string {
  return pathToFileURL(file).href
}
