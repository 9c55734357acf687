import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadPlans } from './bad-plan.ts'
import { compilePlans, createPlanCompiler, type CompilePlan } from './plan.ts'

const fileOf = (changes: object = {}, name = 'plan.json') => ({
  name,
  text: JSON.stringify({ 'x-event': 'signup', type: 'object', ...changes }),
})
const withProperty = (schema: unknown) => fileOf({ properties: { a: schema } })
const compile: CompilePlan = createPlanCompiler()

function problemsOf(file: { name: string; text: string }): string {
  try {
    compile(file)
    return 'taken'
  } catch (error) {
    assert.ok(error instanceof BadPlans)
    return error.message
  }
}

test('a bad file is refused with file, pointer, what was expected and what to do', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 25 }, (_, n) => {
      const ref = { $ref: `#/$defs/d${n + 1}` }
      return [`d${n}`, n === 24 ? { type: 'string' } : { anyOf: [ref, ref] }]
    }),
  )
  const table: readonly (readonly [{ name: string; text: string }, RegExp])[] = [
    [{ name: 'a.json', text: '{' }, /^a\.json \(whole file\): expected a JSON object; fix: see/],
    [{ name: 'a.json', text: '[]' }, /expected a JSON object/],
    [{ name: 'A b.json', text: '{}' }, /a file name of a-z/],
    [{ name: 'a.json', text: `{"x-event":"${'a'.repeat(70_000)}"}` }, /at most 65536 characters/],
    [{ name: 'a.json', text: '{"type":"object","type":"object"}' }, /\/type: expected sound JSON/],
    [{ name: 'a.json', text: '{"type":"object"}' }, /\/x-event: expected the name of the event/],
    [fileOf({ type: 'string' }), /\/type: expected "object"/],
    [
      fileOf({ 'x-retention-days': '30' }),
      /\/x-retention-days: expected a whole number from 0 to 36500/,
    ],
    [fileOf({ 'x-retention-days': 1.5 }), /\/x-retention-days: expected a whole/],
    [fileOf({ 'x-retention-days': -1 }), /\/x-retention-days: expected a whole/],
    [
      withProperty({ 'x-retention-days': 7 }),
      /\/a\/x-retention-days: expected a keyword that plans/,
    ],
    [fileOf({ 'x-mode': 'on' }), /\/x-mode: expected one of off, warn, enforce/],
    [fileOf({ $schema: 'http://json-schema.org/draft-07/schema#' }), /\/\$schema: expected https/],
    [withProperty({ type: 'text' }), /\/properties\/a\/type: expected JSON Schema/],
    [withProperty({ typ: 'string' }), /\/properties\/a\/typ: expected a keyword that plans may/],
    [fileOf({ patternProperties: {} }), /\/patternProperties: expected a keyword/],
    [fileOf({ unevaluatedProperties: false }), /\/unevaluatedProperties: expected a keyword/],
    [
      withProperty({ type: 'string', format: 'hostname' }),
      /\/a\/format: expected one of date-time/,
    ],
    [
      withProperty({ type: 'string', maxLength: 99, pattern: '^(a+)+$' }),
      /\/properties\/a\/pattern: expected a pattern that reads each text in one way only.*fix: use/,
    ],
    [withProperty({ type: 'string', pattern: '^a$' }), /\/a\/pattern: expected a maxLength/],
    [withProperty({ type: 'array', uniqueItems: true }), /\/a\/uniqueItems: expected "items"/],
    [
      withProperty({ type: 'array', uniqueItems: true, items: { type: 'object' } }),
      /\/a\/uniqueItems: expected/,
    ],
    [withProperty({ enum: [{}] }), /\/a\/enum: expected strings, numbers/],
    [
      withProperty({ const: 9_007_199_254_740_992 }),
      /\/a\/const: expected sound JSON; fix: Send it/,
    ],
    [withProperty({ const: 1e22 }), /\/a\/const: expected numbers within 2\^53/],
    [withProperty({ type: 'array', maxItems: 20_000 }), /\/a\/maxItems: expected at most 10000/],
    [fileOf({ properties: {}, required: ['a'] }), /\/required\/0: expected the name of a property/],
    [withProperty({ $ref: 'https://example.com/' }), /\/a\/\$ref: expected #\/\$defs\/<name>/],
    [withProperty({ $ref: '#' }), /\/a\/\$ref: expected #\/\$defs\/<name>/],
    [withProperty({ $ref: '#/$defs/none' }), /\/a\/\$ref: expected #\/\$defs\/<name>/],
    [
      fileOf({
        properties: { a: { $ref: '#/$defs/n' } },
        $defs: { n: { type: 'object', properties: { n: { $ref: '#/$defs/n' } } } },
      }),
      /expected no recursion/,
    ],
    [
      fileOf({ properties: { a: { $ref: '#/$defs/d0' } }, $defs: doubling }),
      /at most 200000 steps/,
    ],
    [
      withProperty({
        type: 'array',
        items: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
      }),
      /at most 200000 steps/,
    ],
    [withProperty({ 'x-pii': 'yes' }), /\/a\/x-pii: expected true or false/],
    [withProperty({ 'x-hot': 1 }), /\/a\/x-hot: expected the ClickHouse type/],
    [
      withProperty({ type: 'object', properties: { b: { 'x-hot': 'Int64' } } }),
      /\/properties\/a\/properties\/b\/x-hot: expected a property of the event itself/,
    ],
    [withProperty({ minLength: 1 }), /a schema that ajv compiles in strict mode/],
  ]
  for (const [file, expected] of table) {
    assert.match(problemsOf(file), expected, file.text.slice(0, 200))
  }
})

test('every problem of every file is told at once, and two files for one event are refused', () => {
  const bad = withProperty({ typ: 1, 'x-pii': 1 })
  assert.throws(
    () => compilePlans([bad, { name: 'b.json', text: '' }]),
    (error) => error instanceof BadPlans && error.problems.length === 3,
  )
  assert.throws(
    () => compilePlans([fileOf({}, 'a.json'), fileOf({}, 'b.json')]),
    /b\.json \/x-event: expected an event that no other file plans; a\.json plans it too/,
  )
})

test('marks are found wherever they stand', () => {
  const plan = compile(
    fileOf({
      'x-event': 'Signed Up / Ünïcode',
      'x-mode': 'enforce',
      properties: {
        email: { type: 'string', 'x-pii': true },
        person: { $ref: '#/$defs/person' },
        people: { type: 'array', maxItems: 9, items: { $ref: '#/$defs/person' } },
        seats: { type: 'integer', 'x-hot': 'UInt32', description: 'Seats paid for.' },
        total: { type: 'number', 'x-hot': { type: 'Float64', column: 'signup_total' } },
      },
      $defs: {
        person: { type: 'object', properties: { name: { type: 'string', 'x-pii': true } } },
      },
    }),
  )
  assert.equal(plan.event, 'Signed Up / Ünïcode')
  assert.equal(plan.mode, 'enforce')
  assert.deepEqual(plan.pii, [['email'], ['person', 'name'], ['people']])
  assert.deepEqual(plan.columns, [
    { property: 'seats', type: 'UInt32', column: 'seats', comment: 'Seats paid for.' },
    {
      property: 'total',
      type: 'Float64',
      column: 'signup_total',
      comment: 'Property total, as sent.',
    },
  ])
})

test('what every object inherits is not there for a plan', () => {
  const required = compile(fileOf({ properties: { constructor: {} }, required: ['constructor'] }))
  assert.equal(required.isValid({}), false)
  assert.equal(required.isValid({ constructor: 'x' }), true)
  const typed = compile(fileOf({ properties: { toString: { type: 'string' } } }))
  assert.equal(typed.isValid({}), true)
  assert.equal(typed.isValid({ toString: 1 }), false)
})

test('formats take what they name and nothing else', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      'date-time',
      ['2023-11-03T10:15:20Z', '2023-11-03T10:15:20.5+02:00'],
      ['2023-02-30T00:00:00Z', '2023-11-03', '1699006520'],
    ],
    ['date', ['2024-02-29'], ['2023-02-29', '2023-11-03T10:15:20Z']],
    ['uuid', ['018B2F19-e29b-41d4-a716-446655440000'], ['018b2f19', '']],
    ['email', ['a@b.co', 'ü@b'], ['a', '@b', 'a@', 'a b@c', 'a@-b.co', `a@${'b'.repeat(300)}`]],
    ['uri', ['https://example.com/?a=1', 'urn:x:y'], ['/path', 'https://', 'a b']],
  ]
  for (const [format, good, bad] of table) {
    const { isValid } = compile(withProperty({ type: 'string', format }))
    for (const a of good) assert.equal(isValid({ a }), true, `${format} ${a}`)
    for (const a of bad) assert.equal(isValid({ a }), false, `${format} ${a}`)
  }
})
