import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../../../../test/support/eventually.ts'
import { openKeyFile } from './key-file.ts'
import { createIngestMetrics } from '../metrics.ts'
import { BadKeyFile, createKeyFinder, parseWriteKeys } from './write-keys.ts'

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
const fileOf = (...keys: readonly object[]) => JSON.stringify({ keys })

test('a key is found by its text; several keys may share a name', () => {
  const find = createKeyFinder(
    parseWriteKeys(
      fileOf(
        { name: 'web', sha256: hashOf('old') },
        { name: 'web', sha256: hashOf('new').toUpperCase() },
      ),
    ),
  )
  assert.equal(find('old')?.name, 'web')
  assert.equal(find('new')?.name, 'web')
  assert.equal(find('other'), null)
  assert.equal(find(''), null)
})

test('who has no key costs the same whether there are ten keys or twenty thousand', () => {
  const finderAmong = (count: number) => {
    const keys = Array.from({ length: count }, (_, n) => ({ name: 'web', sha256: hashOf(`${n}`) }))
    return createKeyFinder(parseWriteKeys(fileOf(...keys)))
  }
  const [few, many] = [finderAmong(10), finderAmong(20_000)]
  const quickestMs = (find: (presented: string) => unknown): number => {
    const rounds = Array.from({ length: 20 }, (_, round) => {
      const startedAt = performance.now()
      for (let n = 0; n < 50; n += 1) assert.equal(find(`guess-${round}-${n}`), null)
      return performance.now() - startedAt
    })
    return Math.min(...rounds)
  }
  quickestMs(few) // compiled
  const [fewMs, manyMs] = [quickestMs(few), quickestMs(many)]
  assert.ok(manyMs < 10 * fewMs, `50 guesses took ${manyMs} ms among many, ${fewMs} among few`)
})

test('a bad file is refused with the place and the rule, never with a value', () => {
  const good = { name: 'web', sha256: hashOf('k') }
  const table: readonly (readonly [string, RegExp])[] = [
    ['secret', /^not valid JSON$/],
    ['[]', /expected {"keys":\[…\]}/],
    [fileOf(), /"keys" is empty/],
    [fileOf(good, {}), /keys\[1\]\.name/],
    [fileOf({ ...good, sha256: 'secret' }), /keys\[0\]\.sha256: expected the key's SHA-256/],
    [fileOf({ ...good, scopes: ['secret'] }), /keys\[0\]\.scopes: expected write or admin/],
    [fileOf({ ...good, group_ids: 'secret' }), /keys\[0\]\.group_ids: expected a list/],
    [fileOf({ ...good, origins: [1] }), /keys\[0\]\.origins: expected a list/],
  ]
  for (const [text, message] of table) {
    assert.throws(
      () => parseWriteKeys(text),
      (error) => {
        assert.ok(error instanceof BadKeyFile)
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
      text,
    )
  }
})

test('the file is read again when it changes; a bad one is refused and the old keys stay', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'write-keys-'))
  const path = join(folder, 'keys.json')
  const lines: string[] = []
  const log = createLogger(
    { service: 'test', level: 'info' },
    { write: (line) => void lines.push(line) },
  )
  const first = fileOf({ name: 'first', sha256: hashOf('k1') })
  writeFileSync(path, first)
  const metrics = createIngestMetrics()
  const isRefused = async (expected: 0 | 1): Promise<void> => {
    const { values } = await metrics.writeKeysRefused.get()
    assert.deepEqual(
      values.map(({ value }) => value),
      [expected],
    )
  }
  using keys = openKeyFile({ path, log, metrics, checkMs: 5 })
  try {
    assert.equal(keys.find('k1')?.name, 'first')
    await isRefused(0)
    writeFileSync(path, '{"keys":')
    await eventually(() => assert.match(lines.join(), /write keys refused: the old ones stay/))
    await isRefused(1)
    assert.equal(keys.find('k1')?.name, 'first')
    rmSync(path)
    await eventually(() => assert.match(lines.join(), /ENOENT/))
    await isRefused(1)
    writeFileSync(`${path}.new`, first)
    renameSync(`${path}.new`, path)
    await eventually(() => isRefused(0)) // the same as before it was gone
    assert.equal(keys.find('k1')?.name, 'first')
    writeFileSync(`${path}.new`, fileOf({ name: 'second', sha256: hashOf('k2') }))
    renameSync(`${path}.new`, path) // at once: half a file would be refused a second time
    await eventually(() => assert.equal(keys.find('k2')?.name, 'second'))
    assert.equal(keys.find('k1'), null)
    assert.equal(lines.filter((line) => line.includes('not valid JSON')).length, 1, 'told once')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a key may bring its own rate limit, whole and above zero', () => {
  const parse = (limit: unknown) =>
    parseWriteKeys(
      JSON.stringify({ keys: [{ name: 'a', sha256: '0'.repeat(64), rate_limit: limit }] }),
    )
  const [key] = parse({ events_per_second: 5, burst_events: 50 })
  assert.deepEqual(key?.rateLimit, { eventsPerSecond: 5, burstEvents: 50 })
  assert.equal(parse(undefined)[0]?.rateLimit, null)
  for (const bad of [
    null,
    5,
    {},
    { events_per_second: 0, burst_events: 1 },
    { events_per_second: 5 },
  ]) {
    assert.throws(() => parse(bad), BadKeyFile)
  }
})
