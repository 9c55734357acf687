// Copies of this repository with a few lines of them replaced.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `find` must be there exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

const repository = fileURLToPath(new URL('../', import.meta.url))
const PRODUCT = ['packages', 'services', 'cli', 'embedded', 'schemas']

/**
 * The code is copied, installed packages are linked; packages of ours resolve to the copy. Whoever asked for it
 * removes it.
 *
 * @param workshop folders beside those of the product.
 */
export function copyRepository(workshop: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-copy-'))
  for (const name of [...PRODUCT, ...workshop]) {
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  }
  cpSync(join(repository, 'package.json'), join(folder, 'package.json'))
  linkPackages(folder)
  return folder
}

/** Links what is installed here into a checkout without packages; those of ours are its own. */
export function linkPackages(folder: string): void {
  const installed = join(repository, 'node_modules')
  mkdirSync(join(folder, 'node_modules/@custom-events'), { recursive: true })
  for (const name of readdirSync(installed)) {
    if (name !== '@custom-events')
      symlinkSync(join(installed, name), join(folder, 'node_modules', name))
  }
  for (const [where, names] of [
    ['packages', readdirSync(join(folder, 'packages'))],
    ['services', readdirSync(join(folder, 'services'))],
    ['', ['cli', 'embedded']],
  ] as const) {
    for (const name of names) {
      symlinkSync(join(folder, where, name), join(folder, 'node_modules/@custom-events', name))
    }
  }
}

/** @throws when a file does not hold what is to be replaced exactly once. */
export function applyEdits(folder: string, edits: readonly Edit[]): void {
  for (const edit of edits) {
    const path = join(folder, edit.file)
    const text = readFileSync(path, 'utf8')
    if (text.split(edit.find).length !== 2) throw new Error(misplaced(edit))
    writeFileSync(
      path,
      text.replace(edit.find, () => edit.replace),
    )
  }
}

/** Has the files of the edits as they are in this repository. */
export function undoEdits(folder: string, edits: readonly Edit[]): void {
  for (const { file } of edits) cpSync(join(repository, file), join(folder, file))
}

/** @returns a line for each edit that has lost its place in this repository, or replaces nothing. */
export function editProblems(edits: readonly Edit[]): readonly string[] {
  return edits.flatMap((edit) => {
    const parts = readFileSync(join(repository, edit.file), 'utf8').split(edit.find)
    const isSound = parts.length === 2 && edit.find !== edit.replace
    return isSound ? [] : [misplaced(edit)]
  })
}

function misplaced({ file, find }: Edit): string {
  return `${file} does not hold ${JSON.stringify(find)} exactly once, or it is replaced by itself`
}
