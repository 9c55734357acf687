import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact, redactUrl } from './redact.ts'

for (const [text, expected] of [
  ['http://user:s3cret@host:8081/x', 'http://***@host:8081/x'],
  ['https://token@host', 'https://***@host'],
  ['http://user:p@ss:w@rd@host/', 'http://***@host/'],
  ['http://:only@host', 'http://***@host'],
  [
    'reading from http://a:b@one and "http://c:d@two"',
    'reading from http://***@one and "http://***@two"',
  ],
  ['http://host/?user=me&password=s3cret&x=1', 'http://host/?user=me&password=***&x=1'],
  ['http://host/?access_token=s3cret', 'http://host/?access_token=***'],
  [
    '{"url":"http://a:b@host","to":"me@example.com"}',
    '{"url":"http://***@host","to":"me@example.com"}',
  ],
  ['http://host/users/me@example.com', 'http://host/users/me@example.com'],
  ['nothing to hide: me@example.com', 'nothing to hide: me@example.com'],
] as const) {
  test(`a text is shown without its secrets: ${expected}`, () =>
    assert.equal(redact(text), expected))
}

for (const [value, expected] of [
  ['http://user:pa/ss?w#rd@host:1', 'http://***@host:1'],
  ['user:s3cret@host:9092', '***@host:9092'],
  ['http:/user:s3cret@host', '***@host'],
  ['http://user:two words@host', 'http://***@host'],
  ['http://host:8081', 'http://host:8081'],
] as const) {
  test(`a value that may be no URL hides all before its last @: ${expected}`, () =>
    assert.equal(redactUrl(value), expected))
}
