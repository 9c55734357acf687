import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstLine } from './requests.ts'

test('a statement is told without what somebody is identified by', () => {
  const hashed =
    "CREATE USER `a`  IDENTIFIED WITH sha256_hash BY 'c0ffee' SALT '5a17' DEFAULT DATABASE d"
  assert.equal(
    firstLine(hashed),
    "CREATE USER `a`  IDENTIFIED WITH sha256_hash BY '…' DEFAULT DATABASE d",
  )
  assert.equal(firstLine("SELECT 'a'\nFROM b"), "SELECT 'a'")
  assert.doesNotMatch(firstLine(`CREATE USER a IDENTIFIED BY '${'x'.repeat(200)}'`), /x/)
})
