import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accountLogin, accountOf } from './account-name.ts'

const groupIds = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 256 })

test('every account has a login of its own, and is found again by it', () => {
  fc.assert(
    fc.property(groupIds, groupIds, (one, other) => {
      assert.equal(accountOf(accountLogin(one)), one)
      assert.equal(accountLogin(one) === accountLogin(other), one === other)
    }),
  )
})

test('a login has no letter that SQL, XML or HTTP would take for something else', () => {
  const hostile = [
    "a'b",
    'a`b',
    'a\\b',
    'a\nb',
    '<a>&"',
    'a:b',
    '-2F',
    '%2F',
    'Ünï🙂',
    'a'.repeat(256),
  ]
  for (const groupId of hostile) {
    assert.match(accountLogin(groupId), /^account-[A-Za-z0-9-]+$/)
    assert.equal(accountOf(accountLogin(groupId)), groupId)
  }
  assert.equal(accountLogin('acme'), 'account-acme')
  assert.equal(accountLogin('a/b-c'), 'account-a-2Fb-2Dc')
})

test('what is no login of an account is of none', () => {
  const others = [
    'acme',
    'account-',
    'account-a b',
    'account-a-2f',
    'account-a-',
    'account-a-41',
    'account--FF',
  ]
  for (const name of others) assert.equal(accountOf(name), null, name)
})
