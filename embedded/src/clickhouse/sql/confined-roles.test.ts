import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyNotOfAccounts } from './confined-roles.ts'

for (const sql of [
  'SHOW GRANTS',
  'show grants for `account-other`',
  '/* a */ SHOW -- b\n GRANTS',
  'SHOW\u00a0ACCESS',
  'SHOW USERS',
  'SHOW CURRENT ROLES',
  'SHOW ENABLED ROLES',
  'SHOW CREATE USER setup',
  'SHOW CREATE ROLES',
  'SHOW CREATE SETTINGS PROFILE p',
  'SHOW SETTINGS PROFILES',
  'SHOW ROW POLICIES',
  'SHOW POLICIES ON events',
  'SHOW CURRENT QUOTA',
]) {
  test(`a login of one account is not told who else there is: ${JSON.stringify(sql)}`, () => {
    const text = Buffer.from(sql).toString('latin1') // as the front reads it
    assert.equal(whyNotOfAccounts(text)?.code, 497)
  })
}

for (const sql of [
  'SHOW TABLES',
  "SHOW TABLES LIKE 'roles'",
  'SHOW CREATE TABLE events',
  'SHOW CREATE VIEW tracked',
  "SHOW SETTINGS LIKE 'max%'",
  'SHOW COLUMNS FROM events',
  "SELECT count() FROM tracked WHERE event = 'show grants'",
]) {
  test(`it may ask: ${sql}`, () => {
    assert.equal(whyNotOfAccounts(sql), undefined)
  })
}
