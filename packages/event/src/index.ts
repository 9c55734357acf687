export {
  EVENT_CODES,
  IGNORED_CODES,
  REQUEST_CODES,
  WARNING_CODES,
  type CodeRow,
  type RequestCodeRow,
  type EventProblemCode,
  type IgnoredCode,
  type RequestCode,
  type WarningCode,
} from './codes.ts'
export type { Audience } from './call-type.ts'
export { ALIASES, KEY_NAMES, SDK_NAMES, type FieldName } from './fields.ts'
export { SCAN_LIMITS } from './json-cursor.ts'
export { readEnvelopeContext } from './account.ts'
export { isJsonObject, ownValue, type JsonObject, type TrackedEvent } from './event.ts'
export {
  scanList,
  scanValue,
  type Member,
  type ScannedList,
  type ScannedValue,
} from './json-scan.ts'
export { closingQuote } from './closing-quote.ts'
export { findSyntaxProblem, type SyntaxProblem } from './json-syntax.ts'
export { MAX_NESTING, tooDeepAt } from './nesting.ts'
export { isOverfull, MAX_EVENT_KEYS, overfullEvents, type Place } from './overfull.ts'
export { normalise, type Normalised } from './normalise.ts'
export type { EnvelopeContext, EventInput, NormaliseContext } from './normalise-context.ts'
export { createLane, type JudgeInLane } from './lane/lane-judge.ts'
export { accountSlot, copiedBytes, LaneEvent, slotEnd, slotStart } from './lane/lane-event.ts'
export { warningsInLane } from './lane/empty-ids.ts'
export { LaneInput } from './lane/lane-input.ts'
export { scanBody, scanBodyInPieces, type LaneBodyRead } from './lane/scan-body.ts'
export { carriedParts } from './lane/carried.ts'
export { SLOT } from './lane/slots.ts'
export { atOnce } from './pieces.ts'
export { murmur2Range, partitionOf, partitionOfHash } from './partition.ts'
export { pointerOf } from './pointer.ts'
export { describeValue, MAX_PROBLEMS, type Problem, type Warning } from './problem.ts'
export { EVENT_RULES, type EventRules } from './rules.ts'
export { parseTimestamp, type ParsedTimestamp } from './timestamp.ts'
export { createEventIds, derivedEventId } from './uuid.ts'
export {
  createValidate,
  eventSchema,
  type KnownParts,
  type Validate,
  type Verdict,
} from './validate.ts'
export { BadPlans, type PlanProblem } from './plan/bad-plan.ts'
export type { PiiPath, PlannedColumn } from './plan/inspect.ts'
export {
  compilePlans,
  createPlanCompiler,
  PLAN_MODES,
  refuseDoubles,
  type CompilePlan,
  type Plan,
  type PlanFile,
  type PlanMode,
} from './plan/plan.ts'
export {
  createPlanSet,
  NO_PLAN_SET,
  UNPLANNED_MODES,
  type PlanRules,
  type PlanSet,
} from './plan/plan-set.ts'
