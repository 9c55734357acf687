import type { ErrorObject } from 'ajv/dist/2020.js'
import { closestName } from '../normalise/edit-distance.ts'
import { isJsonObject, type JsonObject } from '../contract/event.ts'
import { pointerOf } from '../json/pointer.ts'
import { cut, describeValue, MAX_PROBLEMS, type Problem } from '../contract/problem.ts'
import { FORMATS } from './formats.ts'

/** What a plan has to say about an event: an error where it is enforced, else a warning. */
export type PlanFinding = Problem & { readonly code: 'plan_violation' | 'unplanned_event' }

/** What a keyword of a plan expects, in words; nothing of what was sent may get into it. */
type Expect = (value: unknown, params: JsonObject) => string

const EXPECTED: Readonly<Record<string, Expect>> = {
  type: (value) => (Array.isArray(value) ? value.join(' or ') : String(value)),
  enum: (value) => `one of ${listed(Array.isArray(value) ? value : [])}`,
  const: (value) => cut(JSON.stringify(value)),
  minLength: (value) => `at least ${String(value)} characters`,
  maxLength: (value) => `at most ${String(value)} characters`,
  pattern: (value) => `text that matches ${cut(String(value))}`,
  format: (value) => FORMATS[String(value)]?.expected ?? String(value),
  minimum: (value) => `at least ${String(value)}`,
  maximum: (value) => `at most ${String(value)}`,
  exclusiveMinimum: (value) => `more than ${String(value)}`,
  exclusiveMaximum: (value) => `less than ${String(value)}`,
  multipleOf: (value) => `a multiple of ${String(value)}`,
  minItems: (value) => `at least ${String(value)} items`,
  maxItems: (value) => `at most ${String(value)} items`,
  uniqueItems: () => 'each item once',
  minProperties: (value) => `at least ${String(value)} properties`,
  maxProperties: (value) => `at most ${String(value)} properties`,
  additionalProperties: () => 'only properties of the tracking plan',
  anyOf: () => 'one of the alternatives of the tracking plan',
  oneOf: () => 'exactly one of the alternatives of the tracking plan',
  not: () => 'something else, by the tracking plan',
}

function listed(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_LISTED).map((value) => cut(JSON.stringify(value)))
  return shown.join(', ') + (values.length > MAX_LISTED ? ', …' : '')
}

const MAX_LISTED = 10

/**
 * Tells ajv's errors as problems of the body as sent, at most 20. Of alternatives only the whole is
 * told, not why each of them does not fit.
 *
 * @param pointer of `properties` in the body.
 */
export function explainPlanErrors(
  pointer: string,
  errors: readonly ErrorObject[],
): readonly PlanFinding[] {
  const telling = errors.filter(
    ({ keyword, schemaPath }) => keyword !== 'if' && !/\/(?:anyOf|oneOf|not)\//.test(schemaPath),
  )
  const told = (telling.length > 0 ? telling : errors).slice(0, MAX_PROBLEMS)
  return told.map((error, index) => explainError(pointer, error, index === 0))
}

function explainError(base: string, error: ErrorObject, isFirst: boolean): PlanFinding {
  const { keyword, params, data, schema, parentSchema } = error
  const at = base + error.instancePath
  const code = 'plan_violation'
  const missing: unknown = params['missingProperty']
  if (typeof missing === 'string') {
    return {
      pointer: pointerOf(at, missing),
      code,
      detail: `the tracking plan requires ${JSON.stringify(cut(missing))}`,
      expected: describeDeclared(parentSchema, missing),
      got: 'nothing',
      suggestion: null,
    }
  }
  const unknown: unknown = params['additionalProperty']
  const expected = EXPECTED[keyword]?.(schema, params) ?? 'what the tracking plan says'
  if (typeof unknown === 'string') {
    // Comparing names is slow, and an event can have a thousand unknown ones: one hint has to do.
    const meant = isFirst ? closestName(unknown, namesOf(parentSchema)) : null
    return {
      pointer: pointerOf(at, unknown),
      code,
      detail: `the tracking plan knows no ${JSON.stringify(cut(unknown))}`,
      expected,
      got: isJsonObject(data) ? describeValue(data[unknown]) : null,
      suggestion: meant === null ? null : `did you mean ${meant}?`,
    }
  }
  const detail = `breaks the tracking plan: expected ${expected}`
  return { pointer: at, code, detail, expected, got: describeValue(data), suggestion: null }
}

function describeDeclared(parentSchema: unknown, name: string): string {
  const declared = declaredIn(parentSchema)[name]
  const type = isJsonObject(declared) ? declared['type'] : undefined
  return type === undefined ? 'a value' : (EXPECTED['type']?.(type, {}) ?? 'a value')
}

const MAX_NAMES = 50

function namesOf(parentSchema: unknown): readonly string[] {
  return Object.keys(declaredIn(parentSchema)).slice(0, MAX_NAMES)
}

function declaredIn(parentSchema: unknown): JsonObject {
  const declared = isJsonObject(parentSchema) ? parentSchema['properties'] : undefined
  return isJsonObject(declared) ? declared : {}
}
