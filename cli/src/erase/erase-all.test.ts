import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ClickHouseFailure, ErasureStalled } from '@custom-events/clickhouse'
import { erasedIdOf } from '@custom-events/event'
import { StepError } from '../step.ts'
import { eraseAll } from './erase-all.ts'
import type { ErasePorts } from './erase.ts'
import { readEraseConfig } from './config.ts'
import { goOn } from './go-on.ts'
import { makeReceipt } from './receipt/receipt.ts'
import type { SpreadErasure } from './shards/spread.ts'

const erasureOf = (erasureId: string): SpreadErasure => ({
  erasureId,
  id: erasedIdOf('user', erasureId),
  userHash: '0',
  timestampBefore: null,
  askedAt: 1_000,
  askedBy: 'tester',
  state: 'settled',
  announcedAt: 2_000,
  announcedOffset: 7,
  found: { events: 1 },
  pending: {},
  finishedAt: null,
  receiptSha256: '',
  step: 5,
  rows: [],
})

/** Nobody listens there. */
const { config } = readEraseConfig({
  KAFKA_BROKERS: '127.0.0.1:1',
  CLICKHOUSE_URL: 'http://127.0.0.1:1',
})

const TOO_LONG = new ClickHouseFailure('counting', {
  code: 159,
  status: 500,
  network: null,
  message: 'Timeout exceeded',
})

/** Erasures by their ids: what they throw before they are done, if anything. */
async function run(
  fates: Readonly<Record<string, Error | null>>,
  receipt: string | null,
): Promise<{ readonly exitCode: number; readonly said: string; readonly done: readonly string[] }> {
  const said: string[] = []
  const done: string[] = []
  const { exitCode } = await eraseAll(
    Object.keys(fates).map(erasureOf),
    { receipt },
    {
      // Only what is asked of it here.
      ports: { waiting: { stop: new AbortController().signal } } as unknown as ErasePorts,
      fix: goOn(config),
      tell: { end: () => {}, lines: (lines) => void said.push(...lines) },
      eraseOne: async ({ onReceipt }, erasure) => {
        const fate = fates[erasure.erasureId]
        if (fate instanceof Error) throw fate
        const made = makeReceipt(erasure, { left: [{ events: 0 }], finishedAt: 3_000 })
        await onReceipt(made)
        done.push(erasure.erasureId)
        return { erasure, receipt: made }
      },
    },
  )
  return { exitCode, said: said.join('\n'), done }
}

test('one that goes no further, or takes too long, does not stop the others', async () => {
  const fates = { a: new ErasureStalled('a part is in the way'), b: TOO_LONG, c: null }
  const { exitCode, said, done } = await run(fates, null)
  assert.deepEqual([exitCode, done], [1, ['c']])
  assert.match(said, /erasure a: a part is in the way[^]*erasure b: .*Timeout[^]*--resume/)
  await assert.rejects(run({ a: new Error('a server is away'), b: null }, null), /is away/)
})

test('when a server goes away in the middle, it is said how to go on', async () => {
  const refused = { code: null, status: null, network: 'ECONNREFUSED', message: 'refused' }
  const away = run({ a: new ClickHouseFailure('counting', refused), b: null }, null)
  await assert.rejects(away, {
    name: 'StepError',
    message:
      /erasing failed: .*refused\n {2}fix: is ClickHouse running at .*:1\?; then go on with: .* --resume$/,
  })
  const within = new StepError('closing segments', 'start Kafka', new Error('no broker'))
  await assert.rejects(run({ a: within }, null), /start Kafka\n {2}fix: mend .* --resume$/)
})

test('each of several has a receipt of its own, and none is written over another', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'receipts-'))
  try {
    const file = join(dir, 'receipt.json')
    await run({ one: null }, file)
    await run({ two: null, three: null }, file)
    await run({ four: null }, file)
    const names = (await readdir(dir)).toSorted()
    assert.deepEqual(names, [
      'receipt.four.json',
      'receipt.json',
      'receipt.three.json',
      'receipt.two.json',
    ])
    assert.match(await readFile(file, 'utf8'), /"erasure_id": "one"/)
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('what has no receipt is not done', async () => {
  const { exitCode, said, done } = await run({ one: null }, '/nowhere/at/all/receipt.json')
  assert.deepEqual([exitCode, done], [1, []])
  assert.match(said, /receipt could not be written .*ENOENT/)
})
