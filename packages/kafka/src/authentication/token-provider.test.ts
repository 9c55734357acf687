import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { byProvider } from './token-provider.ts'

test(
  'a module that hangs is given up, as a token server that is away',
  { timeout: 20_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'custom-events-provider-'))
    t.after(() => rm(folder, { recursive: true }))
    for (const [name, text] of [
      ['call', 'export default () => new Promise(() => {})'],
      ['load', 'setInterval(() => {}, 60_000).unref(); await new Promise(() => {})'],
    ] as const) {
      const path = join(folder, `${name}.mjs`)
      await writeFile(path, text)
      await assert.rejects(byProvider(path)(), {
        code: 'TOKEN_SERVER_AWAY',
        message: /gave no token: it did not answer within 3000 ms/,
      })
    }
  },
)

test('a module of a site gives tokens, or is named with what is wrong', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'custom-events-provider-'))
  t.after(() => rm(folder, { recursive: true }))
  const module = async (name: string, text: string): Promise<string> => {
    const path = join(folder, `${name}.mjs`)
    await writeFile(path, text)
    return path
  }
  const inAMinute = 'expiresAt: Date.now() + 60_000'
  const good = await module('good', `export default async () => ({ token: 't', ${inAMinute} })`)
  const { value, lifetimeMs } = await byProvider(good)()
  assert.equal(value, 't')
  assert.ok(lifetimeMs > 50_000 && lifetimeMs <= 60_000)
  const asDate = await module(
    'date',
    `export default () => ({ token: 't', expiresAt: new Date(9e12) })`,
  )
  assert.equal((await byProvider(asDate)()).value, 't')

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['none', 'export const token = 1', /no default export that is a function/],
    ['syntax', 'export default (', /cannot be loaded/],
    ['throws', `export default () => { throw new Error('no role') }`, /gave no token: no role/],
    ['old', `export default () => ({ token: 't', expiresAt: 5 })`, /expiresAt to come/],
    ['empty', `export default () => undefined`, /expiresAt to come/],
  ]
  for (const [name, text, message] of wrong) {
    const path = await module(name, text)
    await assert.rejects(byProvider(path)(), { name: 'TokenError', message })
    await assert.rejects(byProvider(path)(), /KAFKA_OAUTH_PROVIDER=/)
  }
  await assert.rejects(
    byProvider('not-a-package')(),
    /KAFKA_OAUTH_PROVIDER=not-a-package cannot be/,
  )
})
