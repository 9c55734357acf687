export {
  EVENT_CODES,
  IGNORED_CODES,
  REQUEST_CODES,
  WAIT_CODES,
  WARNING_CODES,
  type CodeRow,
  type RequestCodeRow,
  type EventProblemCode,
  type IgnoredCode,
  type RequestCode,
  type WaitCode,
  type WarningCode,
} from './contract/codes.ts'
export type { Audience } from './contract/call-type.ts'
export { SENT_FIELDS } from './contract/event-fields.ts'
export { eventSchema, wrongAccount, type JsonSchema } from './contract/event-schema.ts'
export { FIELD_NAMES, KEY_NAMES, rowOf, SDK_NAMES, type FieldName } from './contract/fields.ts'
export { SCAN_LIMITS } from './json/json-cursor.ts'
export { readEnvelopeContext } from './normalise/account.ts'
export {
  BLANK_EVENT,
  EVENT_FIELDS,
  isJsonObject,
  ownValue,
  type EventField,
  type JsonObject,
  type TrackedEvent,
} from './contract/event.ts'
export {
  ID_KINDS,
  ERASED_COLUMNS,
  ERASED_KINDS,
  erasedIdOf,
  erasedInGroup,
  erasedKey,
  idKindOf,
  isInGroup,
  maxCharsOf,
  type ErasedId,
  type ErasedKind,
  type IdKind,
} from './erasure/erased-id.ts'
export {
  addSpan,
  hasSpans,
  liftedAt,
  liftSpans,
  type ErasedSpan,
  type EventTimes,
} from './erasure/erased-spans.ts'
export {
  createErasedIds,
  NOBODY_ERASED,
  type ErasedIds,
  type ErasedIdsInMemory,
} from './erasure/erased-ids.ts'
export {
  COMPLETE_KEY,
  readErasure,
  UnreadableErasure,
  writeComplete,
  writeErasure,
  type ErasureRecord,
} from './erasure/erasure-record.ts'
export { isErasedOwner } from './erasure/erased-keys.ts'
export { isErasedText } from './erasure/ids-in-text.ts'
export { isErasedRecord } from './erasure/ids-in-record.ts'
export { ERASURES_MAX_AGE_MS, LONGEST_INSERT_MS } from './erasure/erasure-times.ts'
export {
  scanList,
  scanValue,
  type Member,
  type ScannedList,
  type ScannedValue,
} from './json/json-scan.ts'
export { closingQuote } from './json/closing-quote.ts'
export { hintOfFormat } from './json/other-formats.ts'
export { END_OF_BODY, findSyntaxProblem, type SyntaxProblem } from './json/json-syntax.ts'
export { MAX_NESTING, tooDeepAt } from './json/nesting.ts'
export { findOverfull, isOverfull, MAX_EVENT_KEYS, type Place } from './json/overfull.ts'
export { normalise, type Normalised } from './normalise/normalise.ts'
export type {
  EnvelopeContext,
  EventInput,
  NormaliseContext,
} from './normalise/normalise-context.ts'
export { createFastPath, type JudgeOnFastPath } from './fast-path/fast-judge.ts'
export { accountSlot, copiedBytes, FastEvent, slotEnd, slotStart } from './fast-path/fast-event.ts'
export { warningsOnFastPath } from './fast-path/empty-ids.ts'
export { FastInput } from './fast-path/fast-input.ts'
export { scanBody, scanBodyInPieces, type FastBodyRead } from './fast-path/scan-body.ts'
export { carriedParts } from './fast-path/carried.ts'
export { slotOf } from './fast-path/slots.ts'
export { atOnce } from './json/pieces.ts'
export {
  murmur2Range,
  partitionOf,
  partitionOfEvent,
  partitionOfHash,
  partitionOfHashed,
  splitAccounts,
  type Identity,
  type Placement,
  type SplitAccounts,
} from './partition.ts'
export { pointerOf } from './json/pointer.ts'
export { describeValue, MAX_PROBLEMS, type Problem, type Warning } from './contract/problem.ts'
export { EVENT_RULES, type EventRules } from './contract/rules.ts'
export { parseTimestamp, type ParsedTimestamp } from './normalise/timestamp.ts'
export { createEventIds, derivedEventId } from './normalise/uuid.ts'
export {
  createValidate,
  type KnownParts,
  type Validate,
  type Verdict,
} from './validate/validate.ts'
export { BadPlans, type PlanProblem } from './tracking-plan/bad-plan.ts'
export type { PiiPath, PlannedColumn } from './tracking-plan/marks.ts'
export {
  plannedProperties,
  type PlannedProperty,
  type PropertyKind,
} from './tracking-plan/planned-properties.ts'
export {
  compilePlans,
  createPlanCompiler,
  PLAN_MODES,
  refuseDoubles,
  type CompilePlan,
  type Plan,
  type PlanFile,
  type PlanMode,
} from './tracking-plan/plan.ts'
export {
  createPlanSet,
  NO_PLAN_SET,
  UNPLANNED_MODES,
  type PlanRules,
  type PlanSet,
} from './tracking-plan/plan-set.ts'
export { findSealable } from './seal/find-sealable.ts'
export { openProperties, sealProperties } from './seal/seal-properties.ts'
export { sealTreeOf, type SealScope, type SealTree } from './seal/seal-tree.ts'
export {
  createSealValue,
  SCOPE_LETTER,
  SEALED_PREFIX,
  type SealingKey,
  type SealValue,
} from './seal/sealed-text.ts'
