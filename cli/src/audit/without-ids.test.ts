import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutIds } from './without-ids.ts'

const ODD = 'o\'brien "x" \\ \n'

for (const [what, said, expected] of [
  ['as it is', `no ${ODD} there`, 'no … there'],
  ['as SQL has it', String.raw`WHERE g = 'o\'brien "x" \\ \n'. (X)`, "WHERE g = '…'. (X)"],
  ['as JSON has it', String.raw`account "o'brien \"x\" \\ \n"`, 'account "…"'],
  ['cut at the end', String.raw`in scope SELECT WHERE g = 'o\'bri`, "in scope SELECT WHERE g = '…"],
  ['cut, a remedy behind it', String.raw`g = 'o\'b (run it)`, "g = '… (run it)"],
  ['not at all', "ClickHouse's disk is full", "ClickHouse's disk is full"],
] as const) {
  test(`an id is in no text of a failure: ${what}`, () => {
    assert.equal(withoutIds(said, [ODD]), expected)
  })
}

test('an id that is part of another hides no half of it', () => {
  assert.equal(withoutIds("'account-acme' of 'acme'", ['acme', 'account-acme']), "'…' of '…'")
  assert.equal(withoutIds('as it was', []), 'as it was')
})
