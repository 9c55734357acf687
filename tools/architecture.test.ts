import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path/posix'
import { test } from 'node:test'

const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n')
const folders = new Set(tracked.flatMap(foldersAbove))

test('every file and folder that a page names is there', () => {
  const pages = tracked.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md')
  const all = [...tracked, ...[...folders].map((folder) => `${folder}/`)]
  for (const page of pages) {
    const named = readFileSync(page, 'utf8').matchAll(/`([a-z][\w./-]*(?:\.ts|\w\/))`/g)
    for (const [, name = ''] of named) {
      const isThere = all.some((path) => path === name || path.endsWith(`/${name}`))
      assert.ok(isThere, `${page} names ${name}`)
    }
  }
})

test('every command that a page, a help or a message names is there', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
  const texts = tracked.filter((path) => /\.(?:md|ts|sql|ya?ml)$/.test(path))
  for (const path of texts) {
    const text = readFileSync(path, 'utf8')
    for (const [, name = ''] of text.matchAll(/npm run (?:-s |--silent )?([a-z](?:[\w:-]*\w)?)/g)) {
      assert.ok(Object.hasOwn(scripts, name), `${path} says npm run ${name}`)
    }
    // No package of ours has a program for npx: it would fetch a stranger's of that name.
    assert.doesNotMatch(text, /npx @?custom-events/, path)
  }
})

test('every room has a row in the table of its package', () => {
  const sections = readFileSync('ARCHITECTURE.md', 'utf8').split('\n### ')
  for (const folder of folders) {
    const [, name, room] = ROOM.exec(folder) ?? []
    if (name === undefined || room === undefined || room.startsWith('testing')) continue
    const table = sections.find((section) => section.startsWith(`${name}\n`)) ?? ''
    const isThere = [room, room.split('/').at(-1)].some((row) => table.includes(`\`${row}/\``))
    assert.ok(isThere, `ARCHITECTURE.md has no row for ${folder}`)
  }
})

const ROOM = /^((?:packages|services)\/\w+|cli|embedded)\/src\/(.+)$/

/** The folder of a path, and the folder of that, up to the root. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path)
  return folder === '.' ? [] : [folder, ...foldersAbove(folder)]
}
