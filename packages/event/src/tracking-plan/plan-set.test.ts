import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scanValue } from '../json/json-scan.ts'
import type { Problem } from '../contract/problem.ts'
import { eventText, normaliseText } from '../testing/test-support.ts'
import { createValidate, type Verdict } from '../validate/validate.ts'
import { BadPlans } from './bad-plan.ts'
import { createPlanCompiler, type Plan } from './plan.ts'
import { createPlanSet, NO_PLAN_SET, type PlanRules, type PlanSet } from './plan-set.ts'

const compile = createPlanCompiler()
const validate = createValidate()

const planOf = (changes: object, event = 'feature_used'): Plan =>
  compile({
    name: 'plan.json',
    text: JSON.stringify({ 'x-event': event, type: 'object', ...changes }),
  })

const setOf = (changes: object, rules: Partial<PlanRules> = {}): PlanSet =>
  createPlanSet([planOf(changes)], { defaultMode: 'enforce', unplanned: 'allow', ...rules })

function check(plans: PlanSet, text: string): Verdict {
  const normalised = normaliseText(text)
  assert.ok(normalised.status !== 'ignored')
  return plans.check(normalised, validate(normalised))
}

const checkProperties = (plans: PlanSet, properties: unknown): Verdict =>
  check(plans, eventText({ properties }))

test('each kind of violation is told with its place, what was expected and what was there', () => {
  const plans = setOf({
    properties: {
      plan: { enum: ['free', 'pro'] },
      seats: { type: 'integer', minimum: 1 },
      code: { type: 'string', maxLength: 8, pattern: '^[A-Z]+$' },
      at: { type: 'string', format: 'date-time' },
      tags: { type: 'array', maxItems: 2, uniqueItems: true, items: { type: 'string' } },
      either: { anyOf: [{ type: 'string' }, { type: 'boolean' }] },
      'a/b~c': { type: 'object', properties: { d: { type: 'null' } }, additionalProperties: false },
    },
    required: ['plan'],
    additionalProperties: false,
  })
  const table: readonly (readonly [object, string, string, string])[] = [
    [{}, '/properties/plan', 'a value', 'nothing'],
    [{ plan: 'gold' }, '/properties/plan', 'one of "free", "pro"', 'string "gold"'],
    [{ plan: 'pro', seats: 2.5 }, '/properties/seats', 'integer', 'number 2.5'],
    [{ plan: 'pro', seats: null }, '/properties/seats', 'integer', 'null'],
    [{ plan: 'pro', seats: 0 }, '/properties/seats', 'at least 1', 'number 0'],
    [{ plan: 'pro', code: 'a' }, '/properties/code', 'text that matches ^[A-Z]+$', 'string "a"'],
    [
      { plan: 'pro', at: 'now' },
      '/properties/at',
      'a date and time of RFC 3339, such as 2023-11-03T10:15:20Z',
      'string "now"',
    ],
    [{ plan: 'pro', tags: [1] }, '/properties/tags/0', 'string', 'number 1'],
    [{ plan: 'pro', tags: ['a', 'a'] }, '/properties/tags', 'each item once', 'array of 2'],
    [{ plan: 'pro', tags: ['a', 'b', 'c'] }, '/properties/tags', 'at most 2 items', 'array of 3'],
    [
      { plan: 'pro', either: 1 },
      '/properties/either',
      'one of the alternatives of the tracking plan',
      'number 1',
    ],
    [{ plan: 'pro', 'a/b~c': { d: 1 } }, '/properties/a~1b~0c/d', 'null', 'number 1'],
    [
      { plan: 'pro', seat: 1 },
      '/properties/seat',
      'only properties of the tracking plan',
      'number 1',
    ],
  ]
  for (const [properties, pointer, expected, got] of table) {
    const verdict = checkProperties(plans, properties)
    assert.equal(verdict.status, 'rejected', JSON.stringify(properties))
    assert.ok(verdict.status === 'rejected')
    const [problem, ...others] = verdict.problems
    assert.deepEqual(others, [], JSON.stringify(properties))
    assert.deepEqual(
      { ...problem, detail: undefined, suggestion: undefined },
      { pointer, code: 'plan_violation', expected, got, detail: undefined, suggestion: undefined },
    )
  }
  const typo = checkProperties(plans, { plan: 'pro', seat: 1 })
  assert.equal(typo.status === 'rejected' && typo.problems[0]?.suggestion, 'did you mean seats?')
})

test('all problems of an event are told at once, at most 20, with those found before', () => {
  const plans = setOf({ additionalProperties: false })
  const properties = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, n]))
  const many = checkProperties(plans, properties)
  assert.equal(many.status === 'rejected' && many.problems.length, 20)
  const both = check(plans, eventText({ group_id: undefined, properties: { a: 1 } }))
  assert.deepEqual(both.status === 'rejected' && both.problems.map(({ code }) => code), [
    'missing_group_id',
    'plan_violation',
  ])
})

test('the mode of a plan wins over the default; off is not checked', () => {
  const wrong = { additionalProperties: false }
  const outcome = (mode: string | undefined, defaultMode: PlanRules['defaultMode']) => {
    const marked = mode === undefined ? wrong : { ...wrong, 'x-mode': mode }
    const verdict = checkProperties(setOf(marked, { defaultMode }), { a: 1 })
    return [verdict.status, verdict.warnings.length]
  }
  assert.deepEqual(outcome(undefined, 'enforce'), ['rejected', 0])
  assert.deepEqual(outcome(undefined, 'warn'), ['accepted', 1])
  assert.deepEqual(outcome(undefined, 'off'), ['accepted', 0])
  assert.deepEqual(outcome('off', 'enforce'), ['accepted', 0])
  assert.deepEqual(outcome('enforce', 'off'), ['rejected', 0])
})

test('an event without a plan is allowed, warned of or rejected, with the name that was meant', () => {
  const text = eventText({ event: 'Feature Used' })
  const outcome = (unplanned: PlanRules['unplanned']) => check(setOf({}, { unplanned }), text)
  assert.deepEqual(outcome('allow').warnings, [])
  assert.equal(outcome('warn').status, 'accepted')
  assert.deepEqual(outcome('warn').warnings, [
    {
      pointer: '/event',
      code: 'unplanned_event',
      detail: 'there is no tracking plan for this event',
      expected: 'an event with a tracking plan',
      got: 'string "Feature Used"',
      suggestion: 'did you mean feature_used?',
    },
  ])
  assert.equal(outcome('reject').status, 'rejected')
})

test('a plan sees whole numbers beyond 2^53 as the nearest double; they are stored as sent', () => {
  const plans = setOf({ properties: { n: { type: 'integer' } } })
  const text = eventText().replace(/}$/, ',"properties":{"n":9007199254740993}}')
  const verdict = check(plans, text)
  assert.ok(verdict.status === 'accepted')
  assert.equal(verdict.event.properties, '{"n":9007199254740993}')
})

const PII = {
  properties: {
    email: { type: 'string', format: 'email', 'x-pii': true },
    person: {
      type: 'object',
      properties: { name: { type: 'string', 'x-pii': true } },
    },
    contacts: { type: 'object', additionalProperties: { type: 'string' }, 'x-pii': true },
    card: { type: 'integer', 'x-pii': true },
  },
}

test('nothing of a property marked as PII is in a problem, whatever found it', () => {
  const plans = setOf(PII)
  const sent = `{"email":"se cret1","person":{"name":5550001},"contacts":{"secret2":5550002},
    "card":1e999,"card":555000377770000000000000}`
  const verdict = check(plans, eventText().replace(/}$/, `,"properties":${sent}}`))
  assert.ok(verdict.status === 'rejected')
  const told = JSON.stringify(verdict.problems)
  assert.doesNotMatch(told, /cret1|5550|secret2|1e999/)
  assert.deepEqual([...new Set(verdict.problems.map(({ pointer }) => pointer))].toSorted(), [
    '/properties/card',
    '/properties/contacts',
    '/properties/email',
    '/properties/person/name',
  ])
})

test('the text that is kept of a rejected event has no value marked as PII, and all else as sent', () => {
  const plans = setOf(PII)
  const redact = (text: string, event: string | null = 'feature_used') =>
    plans.redact({ index: 0, pointer: '', value: null, text, scanned: scanValue(text, '') }, event)
  const table = [
    ['{"properties":{"email":"secret"},"a":1}', '{"properties":{"email":"[pii]"},"a":1}'],
    [
      '{"properties" : { "e\\u006dail" : ["secret"] } }',
      '{"properties" : { "e\\u006dail" : "[pii]" } }',
    ],
    [
      '{"properties":{"email":"secret","email":"secret"}}',
      '{"properties":{"email":"[pii]","email":"[pii]"}}',
    ],
    [
      '{"properties":{"person":{"name":"secret","n":1.0}}}',
      '{"properties":{"person":{"name":"[pii]","n":1.0}}}',
    ],
    ['{"properties":{"person":["secret"]}}', '{"properties":{"person":"[pii]"}}'],
    ['{"properties":["secret"]}', '{"properties":"[pii]"}'],
    [
      '{"properties":{"contacts":{"secret":"secret"},"x":9007199254740993}}',
      '{"properties":{"contacts":"[pii]","x":9007199254740993}}',
    ],
    ['"secret"', '"secret"'],
  ] as const
  for (const [text, redacted] of table) {
    assert.equal(redact(text), redacted)
    // A name that is mistyped or missing must not bring out what the plan hides.
    assert.equal(redact(text, 'feature_usd'), redacted)
    assert.equal(redact(text, null), redacted)
    assert.equal(
      NO_PLAN_SET.redact(
        { index: 0, pointer: '', value: null, text, scanned: scanValue(text, '') },
        null,
      ),
      text,
    )
  }
})

test('of an event that cannot be read nothing is kept that may hold a value marked as PII', () => {
  const plans = setOf(PII)
  const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')
  const table: readonly (readonly [Problem['code'], string, boolean])[] = [
    ['invalid_json', '{"properties":{"email":"secret', true],
    ['invalid_json', '{"properties" {"email":"secret"}}', true],
    ['invalid_json', '{"properties":{"e\\u006dail":"secret"', true],
    ['invalid_json', `{"properties":{"email":${'['.repeat(100)}`, true],
    ['invalid_json', `{"properties":{"other":${'['.repeat(100)}`, false],
    ['invalid_json', '{"event":"x",}', false],
    ['invalid_utf8', base64('{"properties":{"email":"s\u00e9cret"}}'), true],
    ['invalid_utf8', base64('{"event":"caf\u00e9"}'), false],
    ['event_not_object', '"{\\"properties\\":{\\"email\\":\\"secret\\"}}"', true],
    ['event_not_object', '[{"email":"secret"}]', true],
    ['event_not_object', '"nothing"', false],
  ]
  for (const [code, text, isHidden] of table) {
    const scanned = { start: 0, end: text.length, members: [], findings: [] }
    const isFault = code !== 'event_not_object'
    const fault = { code, pointer: '', detail: '', expected: null, got: null, suggestion: null }
    const input = { index: 0, pointer: '', value: undefined, text, scanned }
    const kept = plans.redact(isFault ? { ...input, fault } : input, null)
    assert.equal(kept, isHidden ? '"[pii]"' : text, text.slice(0, 60))
    assert.equal(NO_PLAN_SET.redact({ ...input, fault }, null), text)
  }
})

const { schema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<object>(
      { type: 'string', maxLength: 4_096, pattern: '^[a-z]+(?:-[a-z]+)*$' },
      { type: 'string', minLength: 1, format: 'email' },
      { type: 'string', format: 'uri' },
      { enum: Array.from({ length: 100 }, (_, n) => `aaaa${n}`) },
      { type: 'array', items: { type: 'string' }, uniqueItems: true },
      { type: ['integer', 'null'], multipleOf: 0.01 },
    ),
    tie('schema').map((a) => ({ type: 'object', properties: { a }, additionalProperties: a })),
    tie('schema').map((items) => ({ type: 'array', maxItems: 1_000, items })),
    tie('schema').map((items) => ({ type: 'array', items })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 4 }).map((anyOf) => ({ anyOf })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 4 }).map((oneOf) => ({ oneOf })),
    tie('schema').map((not) => ({ not })),
  ),
}))

/** Events of 256 KiB that make a plan work: one long text, many keys, many items, deep lists. */
const hugeValues: readonly unknown[] = [
  `${'a-'.repeat(130_000)}a`,
  `${'a'.repeat(130_000)}@${'b.'.repeat(60_000)}`,
  Array.from({ length: 60_000 }, (_, n) => n % 10),
  Array.from({ length: 30_000 }, (_, n) => `a${n}`),
  Array.from({ length: 900 }, () => 'a'.repeat(250)),
  Object.fromEntries(Array.from({ length: 990 }, (_, n) => [`k${n}`, 'a-'.repeat(100)])),
  Array.from({ length: 250 }, () => Array.from({ length: 250 }, () => 'aa')),
]
const hugeEvents = hugeValues.map((a) => normaliseText(eventText({ properties: { a } })))

test('no plan that is taken makes an event of 256 KiB take a second', () => {
  let taken = 0
  fc.assert(
    fc.property(schema, (a) => {
      let plan: Plan
      try {
        plan = planOf({ properties: { a } })
      } catch (error) {
        if (error instanceof BadPlans) return
        throw error
      }
      taken += 1
      const plans = createPlanSet([plan], { defaultMode: 'enforce', unplanned: 'allow' })
      for (const normalised of hugeEvents) {
        assert.ok(normalised.status === 'candidate')
        const verdict = validate(normalised)
        const startedAt = process.cpuUsage()
        plans.check(normalised, verdict)
        const { user, system } = process.cpuUsage(startedAt)
        assert.ok(user + system < 1_000_000, `${(user + system) / 1_000} ms: ${JSON.stringify(a)}`)
      }
    }),
    { numRuns: 150 },
  )
  assert.ok(taken > 30, `only ${taken} plans were tried`)
})
