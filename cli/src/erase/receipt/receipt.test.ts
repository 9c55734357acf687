import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { erasedIdOf } from '@custom-events/event'
import { isWhole, makeReceipt } from './receipt.ts'

const erasure = {
  erasureId: 'e-1',
  id: erasedIdOf('user', 'somebody'),
  userHash: '0',
  timestampBefore: Date.UTC(2026, 0, 1),
  askedAt: 1_000,
  askedBy: 'tester',
  state: 'settled' as const,
  announcedAt: 2_000,
  announcedOffset: 7,
  found: { events: 3 },
  pending: {},
  finishedAt: null,
  receiptSha256: '',
  step: 5,
  rows: [],
}

test('a receipt says what was found and not who, and shows when it was changed', () => {
  const receipt = makeReceipt(erasure, { left: [{ events: 0 }], finishedAt: 3_000 })
  assert.ok(!JSON.stringify(receipt).includes('somebody'))
  assert.deepEqual(
    [receipt.before, receipt.found, receipt.left],
    ['2026-01-01T00:00:00.000Z', { events: 3 }, { events: 0 }],
  )
  assert.ok(isWhole(receipt))
  assert.ok(isWhole({ ...receipt, found: { ...receipt.found } }), 'in whatever order it is written')
  assert.ok(!isWhole({ ...receipt, found: { events: 2 } }))
})

test('whoever has a receipt can check it with the command of docs/privacy.md', (t) => {
  if (spawnSync('jq', ['--version']).status !== 0) return t.skip('there is no jq here')
  const page = readFileSync(new URL('../../../../docs/privacy.md', import.meta.url), 'utf8')
  const command = /^jq .*sha256sum.*$/m.exec(page)?.[0] ?? 'false'
  const folder = mkdtempSync(join(tmpdir(), 'receipt-'))
  try {
    const askedBy = `it's "maria" \\ \t 日本 é <b> \u{1f600}`
    const made = makeReceipt(
      { ...erasure, askedBy, found: { rejected_events: 2, events: 3 } },
      { left: [{ seal_keys: 0, events: 0 }], finishedAt: 3_000 },
    )
    const check = (receipt: object) => {
      writeFileSync(join(folder, 'U.json'), `${JSON.stringify(receipt, null, 2)}\n`)
      return spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' }).stdout
    }
    assert.equal(check(made), `${made.sha256}  -\n`)
    const rows = Array.from({ length: 11 }, (_, at) => ({ ...erasure, found: { events: at } }))
    const ofShards = makeReceipt(
      { ...erasure, rows },
      { left: rows.map(() => ({ events: 0 })), finishedAt: 3_000 },
    )
    assert.deepEqual(ofShards.shards?.['11'], { found: { events: 10 }, left: { events: 0 } })
    assert.equal(check(ofShards), `${ofShards.sha256}  -\n`)
    assert.notEqual(check({ ...made, asked_by: 'somebody else' }), `${made.sha256}  -\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
  return undefined
})
