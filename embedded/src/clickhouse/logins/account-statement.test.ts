import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAccountStatement } from './account-statement.ts'

const HASH = 'a'.repeat(64)

test('the statements of custom-events account are read', () => {
  const create = `CREATE USER \`account-a-2Fb\`  IDENTIFIED WITH sha256_hash BY '${HASH}' SALT 'ab' DEFAULT DATABASE \`db\``
  assert.deepEqual(readAccountStatement(create), {
    kind: 'create',
    login: 'account-a-2Fb',
    secret: { sha256: HASH, salt: 'ab' },
  })
  assert.deepEqual(readAccountStatement('GRANT  `db_account` TO `account-a`'), {
    kind: 'grant',
    login: 'account-a',
  })
  assert.deepEqual(readAccountStatement('DROP USER `account-a` '), {
    kind: 'drop',
    login: 'account-a',
  })
})

test('anything else is for the engine, which refuses it', () => {
  const others = [
    `CREATE USER \`setup\` IDENTIFIED WITH sha256_hash BY '${HASH}' SALT ''`,
    "CREATE USER `account-a` IDENTIFIED BY 'x'",
    "CREATE USER `account-a<b>` IDENTIFIED WITH sha256_hash BY 'x' SALT ''",
    'GRANT `db_setup` TO `account-a`',
    'GRANT SELECT ON *.* TO `account-a`',
    'DROP USER `account-a`, `account-b`',
    'DROP USER default',
  ]
  for (const other of others) assert.equal(readAccountStatement(other), undefined, other)
})
