import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { productVersion } from './build.ts'

test('two builds of one version differ by their revision, where somebody knows it', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'build-test-'))
  t.after(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'package.json'), '{"version":"1.2.3"}')
  assert.equal(productVersion(root), '1.2.3')

  const git = (...args: readonly string[]): string =>
    execFileSync(
      'git',
      [
        '-c',
        'user.name=a',
        '-c',
        'user.email=a@example.com',
        '-c',
        'commit.gpgsign=false',
        ...args,
      ],
      {
        cwd: root,
        encoding: 'utf8',
      },
    )
  git('init', '--quiet')
  assert.equal(productVersion(root), '1.2.3', 'nothing is committed yet')
  git('commit', '--quiet', '--allow-empty', '--message', 'one')
  const first = productVersion(root)
  assert.match(first, /^1\.2\.3\+[\da-f]{12}$/)
  git('commit', '--quiet', '--allow-empty', '--message', 'two')
  assert.notEqual(productVersion(root), first)

  writeFileSync(join(root, 'REVISION'), 'release 7"\n')
  assert.equal(productVersion(root), '1.2.3+release7')
})
