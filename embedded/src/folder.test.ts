import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from './folder.ts'

test('a folder is made with those above it, and again without harm', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'folder-test-'))
  t.after(() => rm(base, { recursive: true }))
  const folder = join(base, 'a', 'b', 'c')
  await Promise.all([makeFolder(folder), makeFolder(folder), makeFolder(folder)])
  await makeFolder(folder)
  assert.ok(existsSync(folder))
})

test('a place where no folder can be made is an error and not an endless loop', async () => {
  await assert.rejects(makeFolder('/proc/nowhere/at/all'), { code: 'ENOENT' })
})
