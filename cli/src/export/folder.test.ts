import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { takeFolder } from './folder.ts'

async function parent(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'custom-events-export-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('an export whose process may not be asked goes on all the same', async (t) => {
  const folder = await parent(t)
  await writeFile(join(folder, 'unfinished.json'), JSON.stringify({ host: hostname(), pid: 4_242 }))
  const kill = t.mock.method(process, 'kill', () => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
  })
  await assert.rejects(takeFolder(folder), /another export \(process 4242\) is writing into it/)
  kill.mock.mockImplementation(() => {
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' })
  })
  assert.equal((await takeFolder(folder)).isTakenOver, true)
})

test('a folder that is given back is as it was', async (t) => {
  const there = await parent(t)
  const fresh = join(there, 'fresh')
  await (await takeFolder(fresh)).giveBack()
  assert.deepEqual(await readdir(there), [], 'it was made for the export')
  await (await takeFolder(there)).giveBack()
  assert.deepEqual(await readdir(there), [], 'it was there, and is')
})
