import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeSealKey, type SealKeyRecord } from '@custom-events/codec'
import {
  createErasedIds,
  erasedIdOf,
  erasedKey,
  NOBODY_ERASED,
  type IdKind,
  type ErasedSpan,
} from '@custom-events/event'
import type { FetchedRecord } from '@custom-events/kafka'
import { isErasedKey } from './erased-records.ts'

const FOR_EVER: ErasedSpan = { timestampBefore: null, receivedBefore: null }
const OF_ANN = { group_id: 'acme', user_id: 'ann', anonymous_id: 'a-1' }
const OF_ACCOUNT = { group_id: 'acme', user_id: null, anonymous_id: null }

function erased(kind: IdKind, id: string, span: ErasedSpan = FOR_EVER) {
  const ids = createErasedIds()
  const erasedId = erasedIdOf(kind, id)
  ids.set(erasedKey(erasedId), {
    ...erasedId,
    spans: [span],
    erasureId: '',
    askedBy: '',
    askedAt: 0,
  })
  return ids
}

function record(owner: Pick<SealKeyRecord, 'group_id' | 'user_id' | 'anonymous_id'>) {
  const key = { key_id: 'p1', key: Buffer.alloc(32), made_at: 1_000, ...owner }
  return { value: encodeSealKey(key) } as FetchedRecord // of a record only its value is read
}

test('a key of an erased user, visitor or account is one, that of anybody else is not', () => {
  for (const [kind, id] of [
    ['user', 'ann'],
    ['anonymous', 'a-1'],
    ['group', 'acme'],
  ] as const) {
    assert.equal(isErasedKey(record(OF_ANN), erased(kind, id)), true, kind)
  }
  assert.equal(isErasedKey(record(OF_ACCOUNT), erased('group', 'acme')), true)
  assert.equal(isErasedKey(record(OF_ACCOUNT), erased('user', 'ann')), false)
  assert.equal(isErasedKey(record(OF_ANN), erased('user', 'bob')), false)
  assert.equal(isErasedKey(record(OF_ANN), erased('user', 'acme')), false)
  assert.equal(isErasedKey(record(OF_ANN), NOBODY_ERASED), false)
})

test('a key stays that later events need: after a lift, and with an erasure of what was before', () => {
  const until = (receivedBefore: number): ErasedSpan => ({ timestampBefore: null, receivedBefore })
  assert.equal(isErasedKey(record(OF_ANN), erased('user', 'ann', until(1_001))), true)
  assert.equal(isErasedKey(record(OF_ANN), erased('user', 'ann', until(1_000))), false)
  const past: ErasedSpan = { timestampBefore: 9e12, receivedBefore: null }
  assert.equal(isErasedKey(record(OF_ANN), erased('user', 'ann', past)), false)
})

test('what is no key is not taken for one', () => {
  const none = { value: Buffer.from('{"user_id":"ann"}') } as FetchedRecord
  assert.equal(isErasedKey(none, erased('user', 'ann')), false)
})
