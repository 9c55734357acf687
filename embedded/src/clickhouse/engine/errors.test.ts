import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEngineError, statusOf, toServerException } from './errors.ts'

test("the engine's code is read from its text", () => {
  const error = parseEngineError(new Error('Query failed: Code: 47. DB::Exception: Unknown. (X)'))
  assert.equal(error.code, 47)
  assert.equal(error.message, 'Code: 47. DB::Exception: Unknown. (X)')
  assert.equal(parseEngineError(new Error('boom')).code, 1001)
})

test('a full disk and a broken gzip body have codes of the server', () => {
  const codes = ['ENOSPC', 'Z_DATA_ERROR', 'EOTHER'].map(
    (code) => toServerException(Object.assign(new Error('x'), { code })).code,
  )
  assert.deepEqual(codes, [243, 354, 1001])
})

test('statuses are those of the server', () => {
  assert.deepEqual(
    [62, 516, 60, 48, 159, 202, 999].map(statusOf),
    [400, 403, 404, 501, 408, 500, 500],
  )
})
