import assert from 'node:assert/strict'
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
}

test('a receipt says what was found and not who, and shows when it was changed', () => {
  const receipt = makeReceipt(erasure, { left: { events: 0 }, finishedAt: 3_000 })
  assert.ok(!JSON.stringify(receipt).includes('somebody'))
  assert.deepEqual(
    [receipt.before, receipt.found, receipt.left],
    ['2026-01-01T00:00:00.000Z', { events: 3 }, { events: 0 }],
  )
  assert.ok(isWhole(receipt))
  assert.ok(isWhole({ ...receipt, found: { ...receipt.found } }), 'in whatever order it is written')
  assert.ok(!isWhole({ ...receipt, found: { events: 2 } }))
})
