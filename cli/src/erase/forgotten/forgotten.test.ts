import assert from 'node:assert/strict'
import { test } from 'node:test'
import { erasedIdOf, liftedAt, type ErasedSpan } from '@custom-events/event'
import { wantedOf } from '../../setup/erasures.ts'
import { forgottenOf } from './forgotten.ts'

const record = (erasureId: string, spans: readonly ErasedSpan[]) => ({
  ...erasedIdOf('user', erasureId),
  spans,
  erasureId,
  askedBy: 'tester',
  askedAt: 1_000,
})
const ALWAYS: ErasedSpan = { timestampBefore: null, receivedBefore: null }

test('what Kafka names and no table has is done again, and nothing else', () => {
  const { erasures, lifts } = forgottenOf(
    [record('known', [ALWAYS]), record('forgotten', [ALWAYS])],
    [{ erasureId: 'known' }, { erasureId: 'of another id' }],
  )
  assert.deepEqual(
    erasures.map(({ erasureId, state, askedAt }) => [erasureId, state, askedAt]),
    [['forgotten', 'asked', 1_000]],
  )
  assert.deepEqual(erasures[0]?.id, erasedIdOf('user', 'forgotten'))
  assert.deepEqual(lifts, [])
})

const cases: readonly [string, readonly ErasedSpan[]][] = [
  ['lifted', [{ timestampBefore: null, receivedBefore: 999 }]],
  ['of two times', [{ timestampBefore: 9, receivedBefore: null }]],
  [
    'lifted, and asked for once more',
    [
      { timestampBefore: null, receivedBefore: 999 },
      { timestampBefore: 7, receivedBefore: null },
    ],
  ],
  [
    'lifted twice',
    [
      { timestampBefore: null, receivedBefore: 500 },
      { timestampBefore: 7, receivedBefore: 999 },
    ],
  ],
]
for (const [what, spans] of cases) {
  test(`each part is done as far as it is meant, and the tables tell Kafka the same: ${what}`, () => {
    const { erasures, lifts } = forgottenOf([record('e', spans)], [])
    assert.deepEqual(
      erasures.map((each) => ({
        timestampBefore: each.timestampBefore,
        receivedBefore: liftedAt(spans, each),
      })),
      spans,
    )
    const written = [...erasures, ...lifts]
    const ids = written.filter(({ erasureId }) => erasureId === 'e')
    assert.deepEqual(ids, written.slice(-1), 'by the last of them all are known')
    const [wanted] = wantedOf(
      written
        .map((each) => ({ ...each, announcedAt: each.announcedAt ?? 0 }))
        .toSorted((one, other) => one.askedAt - other.askedAt),
    )
    assert.deepEqual(wanted?.spans, spans)
  })
}
