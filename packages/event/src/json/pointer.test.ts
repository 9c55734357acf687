import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointerOf } from './pointer.ts'

test('a pointer escapes what RFC 6901 escapes', () => {
  assert.equal(pointerOf(''), '')
  assert.equal(pointerOf('/batch/3', 'a/b', 'c~d', 0, ''), '/batch/3/a~1b/c~0d/0/')
})

test('a pointer never becomes longer than 512 characters: then it names the container', () => {
  assert.equal(
    pointerOf('/batch/3', 'properties', 'k'.repeat(5_000_000), 'x'),
    '/batch/3/properties',
  )
  assert.equal(pointerOf('', 'k'.repeat(511)).length, 512)
  assert.equal(pointerOf('/a', '/'.repeat(300)), '/a')
  const deep = pointerOf('', ...Array.from({ length: 400 }, (_, level) => level))
  assert.match(deep, /^(?:\/\d+)+$/)
  assert.ok(deep.length <= 512 && deep.length > 500)
})
