import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '@custom-events/embedded'

/** Where tools/install-test-extras.sh puts what it makes for these tests. */
const EXTRAS = join(cacheFolder(), 'kubernetes')

const works = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0

/** The command that builds an overlay; null where there is none. */
export function kustomize(): readonly string[] | null {
  const own = join(EXTRAS, 'bin', 'kustomize')
  if (existsSync(own)) return [own, 'build']
  if (works('kustomize', 'version')) return ['kustomize', 'build']
  if (works('kubectl', 'kustomize', '--help')) return ['kubectl', 'kustomize']
  return null
}

/** The program that compares with the published schemas; null where there is none. */
export function kubernetesValidate(): string | null {
  const own = join(EXTRAS, 'python', 'bin', 'kubernetes-validate')
  if (existsSync(own)) return own
  return works('kubernetes-validate', '--version') ? 'kubernetes-validate' : null
}

export function hasGo(): boolean {
  return works('go', 'version')
}
