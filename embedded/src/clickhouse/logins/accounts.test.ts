import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerException } from '../engine/errors.ts'
import { createAccounts } from './accounts.ts'

const secret = { sha256: 'ab', salt: '' }
const hasCode = (code: number) => (error: unknown) =>
  error instanceof ServerException && error.code === code

test('logins of accounts outlive the process, and end with DROP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'accounts-test-'))
  try {
    const path = join(folder, 'accounts.json')
    const accounts = createAccounts(path, [])
    assert.equal(accounts.change({ kind: 'create', login: 'account-a', secret }), true)
    assert.equal(accounts.change({ kind: 'grant', login: 'account-a' }), false)
    assert.throws(
      () => accounts.change({ kind: 'create', login: 'account-a', secret }),
      hasCode(493),
    )
    const again = createAccounts(path, [])
    assert.equal(again.named('account-a')?.engineRole, 'account-a')
    assert.equal(again.named('constructor'), undefined)
    assert.equal(again.change({ kind: 'drop', login: 'account-a' }), true)
    assert.equal(createAccounts(path, []).all().length, 0)
    assert.throws(() => again.change({ kind: 'drop', login: 'account-a' }), hasCode(192))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
