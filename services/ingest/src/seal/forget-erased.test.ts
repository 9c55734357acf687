import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createErasedIds, erasedIdOf, erasedKey } from '@custom-events/event'
import { forgetErased } from './forget-erased.ts'
import { createSealKeys } from './seal-keys.ts'

const ANN = { group_id: 'g', user_id: 'ann', anonymous_id: null }
const BOB = { ...ANN, user_id: 'bob' }

test('keys of an erased person seal nothing more, also when the erasure is lifted again', () => {
  const limits = { maxKeys: 100, maxAgeMs: 3_600_000, maxUses: 1_000 }
  let now = 1_000
  const keys = createSealKeys({ limits, now: () => now })
  const erasures = { ids: createErasedIds(), version: 0 }
  const forget = forgetErased(keys)
  const [ann, bob] = [keys.of('person', ANN), keys.of('person', BOB)]
  forget(erasures)
  assert.equal(keys.of('person', ANN), ann)

  const id = erasedIdOf('user', 'ann')
  const erase = (receivedBefore: number | null): void => {
    const spans = [{ timestampBefore: null, receivedBefore }]
    erasures.ids.set(erasedKey(id), { ...id, spans, erasureId: '', askedBy: '', askedAt: 0 })
    erasures.version += 1
    forget(erasures)
  }
  erase(null)
  const late = keys.of('person', ANN) // of an event that was judged before
  assert.notEqual(late, ann)
  assert.equal(keys.of('person', BOB), bob)

  now = 2_000
  erase(now)
  const lifted = keys.of('person', ANN)
  assert.notEqual(lifted, late, 'consumers have left that one out')
  erase(now)
  assert.equal(keys.of('person', ANN), lifted)
})
