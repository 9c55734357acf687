import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Finding } from './json-cursor.ts'
import { scanList, scanValue } from './json-scan.ts'

/** JSON text with white space where it means nothing, so that offsets are put to the test. */
const spacedJson = fc
  .tuple(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t '))
  .map(([value, space]) => JSON.stringify(value, null, space))

function findingsOf(text: string): readonly (readonly [string, string])[] {
  return scanValue(text, '').findings.map(({ code, pointer }) => [code, pointer] as const)
}

test('the text of every member parses to the value that JSON.parse sees', () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }))
  const spaces = fc.constantFrom('', ' ', '\n  ')
  fc.assert(
    fc.property(object, spaces, (value, space) => {
      const text = ` ${JSON.stringify(value, null, space)} `
      const { members, start, end } = scanValue(text, '')
      const rebuilt = members.map(({ key, start: from, end: to }) => [
        key,
        JSON.parse(text.slice(from, to)),
      ])
      assert.deepEqual(Object.fromEntries(rebuilt), JSON.parse(text))
      assert.deepEqual(JSON.parse(text.slice(start, end)), JSON.parse(text))
      for (const { key, keyStart, keyEnd } of members) {
        assert.equal(JSON.parse(text.slice(keyStart, keyEnd)), key)
      }
    }),
    { numRuns: 500 },
  )
})

test('the text of every event of a list parses to the value that JSON.parse sees', () => {
  fc.assert(
    fc.property(fc.array(spacedJson), spacedJson, (texts, beside) => {
      const array = `[${texts.join(' ,\n')}]`
      const values: unknown = JSON.parse(array)
      const bare = scanList(array, null).elements
      assert.deepEqual(
        bare.map(({ start, end }) => JSON.parse(array.slice(start, end))),
        values,
      )
      const body = `{"before":${beside}, "batch" : ${array},"after":${beside}}`
      const { elements, envelope } = scanList(body, 'batch')
      assert.deepEqual(
        elements.map(({ start, end }) => JSON.parse(body.slice(start, end))),
        values,
      )
      assert.deepEqual(
        envelope.members.map(({ key }) => key),
        ['before', 'batch', 'after'],
      )
    }),
    { numRuns: 500 },
  )
})

test('what JSON.parse does not tell is found, with its place', () => {
  const table: readonly (readonly [string, ...(readonly [string, string])[]])[] = [
    ['{"a":1,"b":{"a":1}}'],
    ['{"a":1,"a":2}', ['duplicate_key', '/a']],
    ['{"a":1,"\\u0061":2}', ['duplicate_key', '/a']],
    ['{"p":[{"x":{"k":1,"k":1}}]}', ['duplicate_key', '/p/0/x/k']],
    ['{"p":{"a/b":1,"a/b":1}}', ['duplicate_key', '/p/a~1b']],
    ['{"__proto__":1,"constructor":2,"toString":3}'],
    ['{"p":{"__proto__":1,"__proto__":2}}', ['duplicate_key', '/p/__proto__']],
    ['{"a":"\\ud83d\\ude00"}'],
    ['{"a":"\\ud83d"}', ['invalid_unicode', '/a']],
    ['{"a":["x","\\ude00\\ud83d"]}', ['invalid_unicode', '/a/1']],
    ['{"a":{"\\ud800":1}}', ['invalid_unicode', '/a']],
    ['{"a":"\\\\ud800"}'],
    ['{"a":"\\"\\\\"}'],
    ['{"a":9007199254740991}'],
    ['{"a":9007199254740992}', ['unsafe_number', '/a']],
    ['{"a":-9007199254740993}', ['unsafe_number', '/a']],
    ['{"a":18446744073709551615}', ['unsafe_number', '/a']],
    ['{"a":18446744073709551616}', ['number_out_of_range', '/a']],
    ['{"a":-9223372036854775808}', ['unsafe_number', '/a']],
    ['{"a":-9223372036854775809}', ['number_out_of_range', '/a']],
    ['{"a":1e308}'],
    ['{"a":1e999}', ['number_out_of_range', '/a']],
    ['{"a":-1E999}', ['number_out_of_range', '/a']],
    ['{"a":0.1234567890123456789012345}'],
    ['{"a":18446744073709551616.0}'],
    ['{"a":[true,false,null,-0,0.5]}'],
  ]
  for (const [text, ...expected] of table) assert.deepEqual(findingsOf(text), expected, text)
})

test('pointers of a list begin with the place of the event', () => {
  const text = '{"batch":[{"a":1},{"a":{"b":1,"b":2}}],"context":{"x":1,"x":2},"batch":[]}'
  const { envelope } = scanList(text, 'batch')
  const [twice, again] = envelope.findings
  assert.equal(twice?.pointer, '/context/x')
  assert.equal(again?.pointer, '/batch')
  const inside = scanList('{"batch":[{"a":1},{"a":{"b":1,"b":2}}]}', 'batch').elements[1]
  assert.equal(inside?.findings[0]?.pointer, '/batch/1/a/b')
})

test('a list key sent twice, the first time as something else, is not taken for a list', () => {
  const { elements, envelope } = scanList('{"batch":{"x":[1]},"batch":[{"a":1}]}', 'batch')
  assert.equal(elements.length, 1)
  assert.equal(envelope.findings[0]?.code, 'duplicate_key')
})

test('32 levels are fine, 33 are too deep, and 100,000 do not overflow the stack', () => {
  const nested = (depth: number) => `{"p":${'['.repeat(depth)}${']'.repeat(depth)}}`
  assert.deepEqual(findingsOf(nested(32)), [])
  assert.deepEqual(findingsOf(nested(33)), [['too_deep', `/p${'/0'.repeat(32)}`]])
  assert.equal(findingsOf(nested(100_000)).length, 1)
  const objects = `{"p":${'{"a}]":'.repeat(50_000)}1${'}'.repeat(50_000)},"q":"\\ud800"}`
  assert.deepEqual(
    findingsOf(objects).map(([code]) => code),
    ['too_deep', 'invalid_unicode'],
  )
})

test('1,000 keys in one part are fine, 1,001 are too many, counted at any depth', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, at) => `"k${at}":{}`).join(',')
  assert.deepEqual(findingsOf(`{"p":{${keys(1_000)}},"c":{${keys(1_000)}}}`), [])
  assert.deepEqual(findingsOf(`{"p":{${keys(1_001)}}}`), [['too_many_properties', '/p']])
  const deep = `{"p":[{${keys(600)}},{${keys(401)}}]}`
  assert.deepEqual(findingsOf(deep), [['too_many_properties', '/p']])
})

test('a body full of the same finding costs twenty of them, and hides no other', () => {
  const unsafe = Array.from({ length: 1_000 }, () => '9007199254740993').join(',')
  const codes = scanValue(`{"p":[${unsafe}],"q":"\\ud800"}`, '').findings.map(
    ({ code }: Finding) => code,
  )
  assert.equal(codes.length, 21)
  assert.equal(codes.at(-1), 'invalid_unicode')
})
