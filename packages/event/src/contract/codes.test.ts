import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVENT_CODES, REQUEST_CODES, WARNING_CODES } from './codes.ts'

test('every code says what it means and what to do', () => {
  for (const table of [REQUEST_CODES, EVENT_CODES, WARNING_CODES]) {
    for (const [code, { title, fix }] of Object.entries(table)) {
      assert.match(code, /^[a-z][a-z0-9_]+$/)
      assert.ok(title.length > 5 && fix.endsWith('.'), code)
    }
  }
})

test('a code that may be retried has a status that says so', () => {
  for (const [code, { status, isRetryable }] of Object.entries(REQUEST_CODES)) {
    assert.equal(isRetryable, [408, 429, 500, 503].includes(status), code)
  }
})
