export {
  EVENT_CODES,
  REQUEST_CODES,
  WARNING_CODES,
  type CodeRow,
  type RequestCodeRow,
  type EventProblemCode,
  type RequestCode,
  type WarningCode,
} from './codes.ts'
export { ALIASES } from './fields.ts'
export { readEnvelopeContext } from './account.ts'
export { isJsonObject, ownValue, type JsonObject, type TrackedEvent } from './event.ts'
export { scanList, scanValue, type ScannedList, type ScannedValue } from './json-scan.ts'
export { findSyntaxProblem, type SyntaxProblem } from './json-syntax.ts'
export { normalise, type Normalised } from './normalise.ts'
export type { EnvelopeContext, EventInput, NormaliseContext } from './normalise-context.ts'
export { partitionOf } from './partition.ts'
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
