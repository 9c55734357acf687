import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { EVENT_CODES, WARNING_CODES } from '../contract/codes.ts'
import { isJsonObject, type JsonObject } from '../contract/event.ts'
import { scanValue } from '../json/json-scan.ts'
import { pointerOf } from '../json/pointer.ts'
import { sealTreeOf, type SealTree } from '../seal/seal-tree.ts'
import { BadPlans, type PlanProblem } from './bad-plan.ts'
import { FORMATS } from './formats.ts'
import { inspect } from './inspect.ts'
import type { Complain } from './keywords.ts'
import type { Marks, PiiPath, PlannedColumn } from './marks.ts'

export const PLAN_MODES = ['off', 'warn', 'enforce'] as const
export type PlanMode = (typeof PLAN_MODES)[number]

/** What one event's `properties` must be like: one file of schemas/events, compiled. */
export interface Plan {
  readonly file: string
  readonly event: string
  /** `null`: the default mode. */
  readonly mode: PlanMode | null
  /** How long such events are kept in ClickHouse; 0: for ever; `null`: as long as all others. */
  readonly retentionDays: number | null
  readonly schema: JsonObject
  readonly pii: readonly PiiPath[]
  readonly columns: readonly PlannedColumn[]
  /** `null`: nothing is sealed. */
  readonly seals: SealTree | null
  /** Stops at the first error, which is left in `errors`. */
  readonly isValid: ValidateFunction
  /** All errors; for an event that is known to break the plan. */
  readonly findErrors: (properties: unknown) => readonly ErrorObject[]
}

/** A plan as a file has it. */
export interface PlanFile {
  readonly name: string
  readonly text: string
}

export type CompilePlan = (file: PlanFile) => Plan

const MAX_PLAN_CHARS = 65_536

/**
 * Compiles plan files. Each is checked first: no event may be able to make a plan slow.
 * @throws {BadPlans} with every problem of the file.
 */
export function createPlanCompiler(): CompilePlan {
  const first = createAjv(false)
  const all = createAjv(true)
  return (file) => {
    const problems: PlanProblem[] = []
    const complain: Complain = (pointer, expected, fix) =>
      problems.push({ file: file.name, pointer, expected, fix })
    const schema = parsePlan(file, complain)
    if (schema === null) throw new BadPlans(problems)
    const head = readHead(schema, complain)
    if (!isSoundSchema(first, schema, complain)) throw new BadPlans(problems)
    const marks = inspect(schema, complain)
    if (problems.length > 0 || head === null) throw new BadPlans(problems)
    const isValid = compile(first, schema, complain)
    if (isValid === null) throw new BadPlans(problems)
    let every: ValidateFunction | null = null
    const findErrors = (properties: unknown): readonly ErrorObject[] => {
      every ??= compile(all, schema, complain) ?? isValid // when the first such event comes
      every(properties)
      return every.errors ?? []
    }
    return { file: file.name, ...head, schema, ...pick(marks), isValid, findErrors }
  }
}

function pick({ pii, columns, seals }: Marks): Pick<Plan, 'pii' | 'columns' | 'seals'> {
  return { pii, columns, seals: sealTreeOf(seals) }
}

const ROOT_AND_MARKS = ['x-event', 'x-mode', 'x-retention-days', 'x-pii', 'x-hot', 'x-seal']

function createAjv(allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false, // ours allows `required` in a part of anyOf
    allowUnionTypes: true,
    allErrors,
    verbose: true,
    // Without it "constructor" and "toString" would be there in every object.
    ownProperties: true,
    validateSchema: false, // done before, with our words
  })
  for (const [name, { validate }] of Object.entries(FORMATS)) ajv.addFormat(name, validate)
  for (const keyword of ROOT_AND_MARKS) ajv.addKeyword(keyword)
  return ajv
}

/** A schema is forgotten once it is compiled: plans come and go for as long as the process lives. */
function compile(ajv: Ajv2020, schema: JsonObject, complain: Complain): ValidateFunction | null {
  try {
    return ajv.compile(schema)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    complain('', 'a schema that ajv compiles in strict mode', reason)
    return null
  } finally {
    ajv.removeSchema(schema)
  }
}

function parsePlan({ name, text }: PlanFile, complain: Complain): JsonObject | null {
  if (!/^[a-z0-9][a-z0-9_.-]{0,99}\.json$/.test(name)) {
    complain('', 'a file name of a-z, 0-9, _, - and .', 'rename it; the event is named inside')
    return null
  }
  if (text.length > MAX_PLAN_CHARS) {
    complain('', `at most ${MAX_PLAN_CHARS} characters`, 'describe less')
    return null
  }
  const plan = parseJson(text)
  if (!isJsonObject(plan)) {
    complain('', 'a JSON object', 'see schemas/events/feature_used.json for an example')
    return null
  }
  const { findings } = scanValue(text, '')
  for (const { code, pointer } of findings)
    complain(pointer, 'sound JSON', { ...EVENT_CODES, ...WARNING_CODES }[code].fix)
  return findings.length === 0 ? plan : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readHead(
  plan: JsonObject,
  complain: Complain,
): Pick<Plan, 'event' | 'mode' | 'retentionDays'> | null {
  const { 'x-event': event, 'x-mode': mode = null, 'x-retention-days': days = null, type } = plan
  if (type !== 'object') complain('/type', '"object"', 'properties are an object: write it')
  const isNamed = typeof event === 'string' && event !== '' && event.length <= 200
  if (!isNamed) complain('/x-event', 'the name of the event', 'write it as it is sent')
  const known = PLAN_MODES.find((each) => each === mode) ?? null
  if (mode !== known) complain('/x-mode', `one of ${PLAN_MODES.join(', ')}`, 'take one of them')
  const retentionDays = typeof days === 'number' && isDays(days) ? days : null
  if (days !== retentionDays) {
    complain('/x-retention-days', 'a whole number from 0 to 36500', 'write days; 0 is for ever')
  }
  return isNamed ? { event, mode: known, retentionDays } : null
}

function isDays(days: number): boolean {
  return Number.isInteger(days) && days >= 0 && days <= 36_500
}

function isSoundSchema(ajv: Ajv2020, schema: JsonObject, complain: Complain): boolean {
  const { $schema = DRAFT } = schema
  if ($schema !== DRAFT) {
    complain('/$schema', DRAFT, 'write it so, or leave it out')
    return false
  }
  if (ajv.validateSchema(schema) === true) return true
  for (const { instancePath, message } of (ajv.errors ?? []).slice(0, 5)) {
    complain(instancePath, 'JSON Schema 2020-12', message ?? 'correct it')
  }
  return false
}

const DRAFT = 'https://json-schema.org/draft/2020-12/schema'

/**
 * Compiles all plans of a folder at once.
 * @throws {BadPlans} with every problem of every file.
 */
export function compilePlans(files: readonly PlanFile[]): readonly Plan[] {
  const compilePlan = createPlanCompiler()
  const problems: PlanProblem[] = []
  const plans = files.flatMap((file): readonly Plan[] => {
    try {
      return [compilePlan(file)]
    } catch (error) {
      if (!(error instanceof BadPlans)) throw error
      problems.push(...error.problems)
      return []
    }
  })
  if (problems.length > 0) throw new BadPlans(problems)
  refuseDoubles(plans)
  return plans
}

/** @throws {BadPlans} when two files are about one event. */
export function refuseDoubles(plans: readonly Plan[]): void {
  const fileByEvent = new Map<string, string>()
  const problems = plans.flatMap(({ file, event }): readonly PlanProblem[] => {
    const other = fileByEvent.get(event)
    if (other === undefined) {
      fileByEvent.set(event, file)
      return []
    }
    const expected = `an event that no other file plans; ${other} plans it too`
    return [{ file, pointer: pointerOf('', 'x-event'), expected, fix: 'keep one of the two' }]
  })
  if (problems.length > 0) throw new BadPlans(problems)
}
