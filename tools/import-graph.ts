// Which tracked .ts file imports which, types included.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'

export interface Import {
  readonly to: string
  /** By the name of a package that exports it, not by a path. */
  readonly isByName: boolean
}

/** The imports of each file, by its path from the root of the repository. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>

export function readImportGraph(): ImportGraph {
  const files = trackedFiles('*.ts')
  const known = new Set(files)
  const exported = readExports()
  return new Map(
    files.map((from) => {
      const imports = specifiersOf(readFileSync(from, 'utf8')).flatMap((specifier): Import[] => {
        const byName = exported.get(specifier)
        if (byName !== undefined) return [{ to: byName, isByName: true }]
        const to = specifier.startsWith('.') ? join(dirname(from), specifier) : ''
        return known.has(to) ? [{ to, isByName: false }] : []
      })
      return [from, imports]
    }),
  )
}

/** Static imports and exports, imports of types and `import()`. */
function specifiersOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"\n]+)['"]/g)
  return [...found].flatMap(([, specifier]) => (specifier === undefined ? [] : [specifier]))
}

/** The file behind each name under which a package may be imported. */
function readExports(): ReadonlyMap<string, string> {
  const manifests = trackedFiles('*/package.json').map((path) => {
    // What npm itself has read: a name, and one path or a path for each way in.
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly name: string
      readonly exports?: string | Readonly<Record<string, string>>
    }
    return { ...manifest, folder: dirname(path) }
  })
  return new Map(
    manifests.flatMap(({ name, exports = {}, folder }) => {
      const ways = typeof exports === 'string' ? { '.': exports } : exports
      return Object.entries(ways).map(([way, file]) => [join(name, way), join(folder, file)])
    }),
  )
}

function trackedFiles(pattern: string): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', pattern]
  return execFileSync('git', args, { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path))
}
