import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readPins, verifyPinned } from './pins.ts'
import { StackError } from '../problem.ts'

const CONTENT_SHA256 = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'

async function download(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pins-test-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

const pins = new Map([['a-1.jar', CONTENT_SHA256]])

test('what was downloaded is what the repository has the checksum of', async (t) => {
  await verifyPinned(await download(t, { 'a-1.jar': 'content' }), pins)
})

test('another file under the same name is refused with both checksums and what to do', async (t) => {
  const folder = await download(t, { 'a-1.jar': 'content, and more' })
  await assert.rejects(verifyPinned(folder, pins), (error) => {
    assert.ok(error instanceof StackError)
    assert.match(error.what, new RegExp(`a-1\\.jar .*expected SHA-256 ${CONTENT_SHA256}, got `))
    assert.match(error.fix, /delete it .*try again.*mirror/)
    return true
  })
})

test('a file that nobody looked at is refused with the command that keeps its checksum', async (t) => {
  const folder = await download(t, { 'a-1.jar': 'content', 'b-2.jar': 'content' })
  await assert.rejects(verifyPinned(folder, pins), /b-2\.jar .*no checksum.*npm run pin/s)
})

test('Kafka and the registry are among the checksums that are kept', async () => {
  const kept = await readPins()
  assert.ok(kept.has('kafka_2.13-4.4.0.jar'))
  assert.ok(kept.has('apicurio-registry-app-3.0.9-all.tar.gz'))
  assert.ok(kept.size > 40)
})
