import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { cached, cacheFolder } from './cache.ts'
import { StackError } from '../problem.ts'

async function makeCache(t: TestContext): Promise<{
  readonly folder: string
  readonly entry: string
  readonly fill: (folder: string) => Promise<void>
  readonly fills: () => number
}> {
  const folder = await mkdtemp(join(tmpdir(), 'cache-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  let count = 0
  const fill = async (into: string): Promise<void> => {
    count++
    await writeFile(join(into, 'a.jar'), 'content')
  }
  return { folder, entry: join(folder, 'kafka-1'), fill, fills: () => count }
}

test('an entry is filled once and then used', async (t) => {
  const { entry, fill, fills, folder } = await makeCache(t)
  await cached(entry, fill)
  await cached(entry, fill, true)
  assert.equal(fills(), 1)
  assert.deepEqual(await readdir(folder), ['kafka-1'])
})

test('a cut, missing or changed file makes the entry be filled again', async (t) => {
  const { entry, fill, fills, folder } = await makeCache(t)
  await cached(entry, fill)
  await writeFile(join(entry, 'a.jar'), 'cont')
  await cached(entry, fill)
  assert.equal(fills(), 2)
  await rm(join(entry, 'a.jar'))
  await cached(entry, fill)
  assert.equal(fills(), 3)
  await writeFile(join(entry, 'a.jar'), 'CONTENT') // as long as before
  await cached(entry, fill)
  assert.equal(fills(), 3, 'sizes alone do not show it')
  await cached(entry, fill, true)
  assert.equal(fills(), 4)
  assert.equal(await readFile(join(entry, 'a.jar'), 'utf8'), 'content')
  assert.deepEqual(await readdir(folder), ['kafka-1'])
})

test('an entry that was never finished is filled again, and a failed filling leaves nothing', async (t) => {
  const { entry, fill, folder } = await makeCache(t)
  const fail = async (into: string): Promise<void> => {
    await fill(into)
    throw new Error('offline')
  }
  await assert.rejects(cached(entry, fail), /offline/)
  assert.deepEqual(await readdir(folder), [])
  await cached(entry, fill)
  await rm(join(entry, 'manifest.json'))
  await cached(entry, fill)
  assert.deepEqual((await readdir(entry)).toSorted(), ['a.jar', 'manifest.json'])
})

test('two that fill the same entry at once both get a whole one', async (t) => {
  const { entry, fill, folder } = await makeCache(t)
  await Promise.all([cached(entry, fill), cached(entry, fill), cached(entry, fill)])
  assert.equal(await readFile(join(entry, 'a.jar'), 'utf8'), 'content')
  assert.deepEqual(await readdir(folder), ['kafka-1'])
})

test('a cache that cannot be written is said so, with the variable that moves it', async (t) => {
  const { folder, fill } = await makeCache(t)
  await writeFile(join(folder, 'file'), '')
  const entry = join(folder, 'file', 'kafka-1')
  const error = await cached(entry, fill).catch((reason: unknown) => reason)
  assert.ok(error instanceof StackError)
  assert.match(error.message, /CUSTOM_EVENTS_CACHE/)
})

test('the cache is where the environment says', () => {
  assert.equal(cacheFolder({ CUSTOM_EVENTS_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a')
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/b' }), '/b/custom-events')
  assert.match(cacheFolder({}), /\/\.cache\/custom-events$/)
})
