import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))

/**
 * The version of the repository, which all its programs share, and the revision that this build was made of, as SemVer
 * writes it: `0.1.0+1f2e3d4c5b6a`. Without the revision where nobody knows it.
 *
 * @param root with `package.json`; the file `REVISION`, which an image has, goes before git's own record.
 */
export function productVersion(root = repository): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string } // our own file
  const revision = revisionOf(root).replaceAll(/[^0-9A-Za-z.-]/g, '')
  return revision === '' ? version : `${version}+${revision}`
}

function revisionOf(root: string): string {
  try {
    const file = join(root, 'REVISION')
    if (existsSync(file)) return readFileSync(file, 'utf8')
    if (!existsSync(join(root, '.git'))) return '' // git would look in the folders above
    const options = { cwd: root, encoding: 'utf8', timeout: 2_000, stdio: 'pipe' } as const
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], options)
  } catch {
    return '' // no git here, or a checkout of somebody else
  }
}
