import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSealKeys } from './seal-keys.ts'

const HOUR_MS = 3_600_000
const LIMITS = { maxKeys: 100, maxAgeMs: 24 * HOUR_MS, maxUses: 1_000 }
const ANN = { group_id: 'g', user_id: 'ann', anonymous_id: null }

function keysAt(limits: Partial<typeof LIMITS> = {}) {
  const clock = { ms: 0 }
  return { clock, keys: createSealKeys({ limits: { ...LIMITS, ...limits }, now: () => clock.ms }) }
}

test('a person has one key in an account, whatever their ids are made of; the account has its own', () => {
  const { keys } = keysAt()
  const owners = [
    ANN,
    { ...ANN, group_id: 'h' },
    { ...ANN, anonymous_id: 'x' },
    { ...ANN, user_id: null, anonymous_id: 'ann' },
    { ...ANN, user_id: null, anonymous_id: ':ann' },
    { ...ANN, user_id: 'an', anonymous_id: 'n' },
    { ...ANN, user_id: '', anonymous_id: '3:ann' },
    { ...ANN, group_id: 'g3:ann', user_id: '' },
    { ...ANN, group_id: '1:g3:ann-', user_id: '' },
  ]
  const ids = owners.map((owner) => keys.of('person', owner).id)
  assert.equal(new Set(ids).size, owners.length)
  assert.deepEqual(
    owners.map((owner) => keys.of('person', owner).id),
    ids,
  )
  const ofAccount = keys.of('account', ANN)
  assert.equal(keys.of('account', { ...ANN, user_id: 'bob' }), ofAccount)
  assert.deepEqual([ofAccount.record.user_id, ofAccount.record.anonymous_id], [null, null])
  assert.match(ofAccount.id, /^a[\w-]{22}$/)
  assert.equal(ofAccount.record.key.length, 32)
})

test('a key ends with its age, with its uses, and when nobody knows whether Kafka has it', () => {
  const { clock, keys } = keysAt({ maxUses: 3 })
  const first = keys.of('person', ANN)
  keys.of('person', ANN)
  assert.equal(keys.of('person', ANN), first)
  const second = keys.of('person', ANN)
  assert.notEqual(second, first)
  clock.ms = LIMITS.maxAgeMs
  const third = keys.of('person', ANN)
  assert.notEqual(third, second)
  third.isLost = true
  assert.notEqual(keys.of('person', ANN), third)
})

test('so many keys are remembered, and those in use are not forgotten', () => {
  const { keys } = keysAt()
  const own = keys.of('person', ANN)
  for (let user = 0; user < 10_000; user += 1) {
    keys.of('person', { ...ANN, user_id: `u${user}` })
    if (user % 20 === 0) assert.equal(keys.of('person', ANN), own)
    assert.ok(keys.size <= LIMITS.maxKeys + 1)
  }
})

test('keys of somebody are forgotten', () => {
  const { keys } = keysAt()
  const [ann, bob] = [keys.of('person', ANN), keys.of('person', { ...ANN, user_id: 'bob' })]
  keys.forget(({ user_id: user }) => user === 'ann')
  assert.notEqual(keys.of('person', ANN), ann)
  assert.equal(keys.of('person', { ...ANN, user_id: 'bob' }), bob)
})
