import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runCli } from '../../test/support/cli-command.ts'
import { linkPackages } from '../../tools/patched-copy.ts'
import type { Abilities } from './steps.ts'

/** The code of one commit, with everything that it needs to run. */
export interface Release extends Abilities {
  /** As git abbreviates it. */
  readonly revision: string
  readonly folder: string
}

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../', import.meta.url))
const GIT_WITHIN_MS = 60_000
const INSTALL_WITHIN_MS = 15 * 60_000
const SETUP_WITHIN_MS = 180_000
const LOCK = 'package-lock.json'
const CLAIMS = 'packages/kafka/src/group/ownership.ts'

/** What runs here, changes that are not committed included. */
export const HERE: Release = { revision: 'this checkout', folder: repository, makesClaims: true }

/**
 * A clean copy of a commit. Packages of others are linked where both ask for the same ones, and installed where not.
 *
 * @throws when there is no such commit here, or it cannot be installed.
 */
export async function checkOut(
  ref: string,
  resources: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<Release> {
  const commit = await resolve(ref)
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-release-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const archive = join(folder, 'release.tar')
  await git('archive', '--format=tar', `--output=${archive}`, commit)
  await run('tar', ['-xf', archive, '-C', folder], { timeout: GIT_WITHIN_MS })
  rmSync(archive)
  if (lockOf(folder) === lockOf(repository)) linkPackages(folder)
  else await install(folder, say)
  const revision = await git('rev-parse', '--short', commit)
  return { revision, folder, makesClaims: makesClaims(folder) }
}

/** Whether the consumers of this code say with claims which partitions they read, and so that they know of generations. */
export function makesClaims(folder: string): boolean {
  const file = join(folder, CLAIMS)
  return existsSync(file) && readFileSync(file, 'utf8').includes('encodeClaim')
}

async function resolve(ref: string): Promise<string> {
  try {
    return await git('rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`)
  } catch (cause) {
    throw new Error(
      `--upgrade-from ${ref}: no commit of that name in ${repository}; expected a tag or a commit. ` +
        'In a clone without its history: git fetch --unshallow --tags',
      { cause },
    )
  }
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...args], { cwd: repository, timeout: GIT_WITHIN_MS })
  return stdout.trim()
}

function lockOf(folder: string): string {
  return readFileSync(join(folder, LOCK), 'utf8')
}

async function install(folder: string, say: (line: string) => void): Promise<void> {
  say('it has other packages than this checkout: installing them, which takes minutes')
  const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error']
  await run('npm', args, { cwd: folder, timeout: INSTALL_WITHIN_MS })
}

/** `npm run setup` of a release. @throws with what it said. */
export async function runSetup(
  { folder, revision }: Release,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { code, stdout, stderr } = await runCli(['setup'], {
    environment,
    repository: folder,
    signal: AbortSignal.timeout(SETUP_WITHIN_MS),
  })
  if (code === 0) return
  throw new Error(`setup of ${revision} ended with ${code}: ${`${stdout}${stderr}`.slice(-2_000)}`)
}
