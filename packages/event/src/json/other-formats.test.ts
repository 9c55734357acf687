import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hintOfFormat } from './other-formats.ts'

test('JSON is like nothing else, and neither is what is only a bit wrong', () => {
  for (const text of [
    '{"a":1}',
    '[{"a":1}]',
    '{ }',
    '[]',
    '"eyJ="',
    '',
    '{"a":"<\'=\u201d"}',
    '{a',
  ]) {
    assert.equal(hintOfFormat(Buffer.from(text)), '', text)
  }
})
