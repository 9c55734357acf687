import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerException } from '../engine/errors.ts'
import { toldToAccount } from './told-errors.ts'

test('an account is told of its query and its rights, and never what a value was', () => {
  for (const [code, text, told] of [
    [
      117,
      'Invalid base64Decode value (secret), cannot be decoded (INCORRECT_DATA)',
      '(INCORRECT_DATA)',
    ],
    [117, 'Invalid value (SECRET) (INCORRECT_DATA) (version 26.7.6.5)', '(INCORRECT_DATA)'],
    [407, 'Decimal overflow: 1774989120.084 (DECIMAL_OVERFLOW)', '(DECIMAL_OVERFLOW)'],
    [158, 'Limit for rows exceeded, current rows: 2130 (TOO_MANY_ROWS)', '(TOO_MANY_ROWS)'],
    [9_999, 'a code that nobody knows: secret', ''],
  ] as const) {
    const { code: same, message } = toldToAccount(
      new ServerException(code, `Code: ${code}. DB::Exception: ${text}`),
    )
    assert.equal(same, code)
    assert.doesNotMatch(message, /secret|1774989120|2130|SECRET/)
    assert.ok(message.endsWith(`values of others. ${told}`), message)
  }
  for (const code of [47, 62, 497, 202]) {
    const error = new ServerException(code, `Code: ${code}. DB::Exception: as it is (NAME)`)
    assert.equal(toldToAccount(error), error)
  }
})
