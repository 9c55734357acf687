import { mapField, readContext, readGroupId, type MergedContext } from './account.ts'
import { callKind, type CallKind } from '../contract/call-type.ts'
import { rejectType } from './reject-type.ts'
import { isJsonObject, type JsonObject } from '../contract/event.ts'
import { SENT_FIELDS, STORED_AS } from '../contract/event-fields.ts'
import {
  FIELD_NAMES,
  isOfKind,
  keysOf,
  KNOWN_NAMES,
  objectText,
  readFields,
  rowOf,
  SDK_NAMES,
  unknownFields,
  type NameOfKind,
  type Fields,
} from '../contract/fields.ts'
import { closestName } from './edit-distance.ts'
import { readMoment, readSentAt } from './moment.ts'
import { present, type EventInput, type NormaliseContext } from './normalise-context.ts'
import { reject, startNotes, takeField, type Notes } from './notes.ts'
import { readPeople } from './people.ts'
import { noteFindings } from './findings.ts'
import { describeValue, MAX_WARNINGS, type Problem } from '../contract/problem.ts'

/** A normalised event before the schema has seen it; `null` stands for what was not sent. */
export interface Candidate extends Texts {
  readonly event_id: unknown
  readonly group_id: string | null
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly timestamp: number | null
  readonly sent_at: number | null
  readonly received_at: number
  readonly properties: unknown
  readonly context: unknown
  readonly extra: JsonObject
  readonly source: string
}

/** JSON object text of the three open parts, as sent. */
export interface CandidateTexts {
  readonly properties: string
  readonly context: string
  readonly extra: string
}

export type Normalised =
  | {
      readonly status: 'candidate'
      readonly input: EventInput
      readonly candidate: Candidate
      readonly texts: CandidateTexts
      readonly notes: Notes
    }
  /** A call of an SDK that is no event of ours: `identify`, `page`, … */
  | { readonly status: 'ignored'; readonly type: string }
  /** Not even an object. */
  | { readonly status: 'rejected'; readonly problems: readonly Problem[] }

/** Turns what was sent into one form: aliases, ids, times, context, and everything that is wrong. */
export function normalise(input: EventInput, context: NormaliseContext): Normalised {
  const { value, fault } = input
  if (fault !== undefined) return { status: 'rejected', problems: [fault] }
  const notes = startNotes()
  if (!isJsonObject(value)) return unreadable(notes, input)
  if (input.scanned.members.length > context.rules.maxKeys + KNOWN_NAMES.length) {
    return overfull(notes, input, context)
  }
  const fields = readFields(value, input.text, input.scanned, input.pointer)
  const type = fields.get('type')
  const kind = callKind(type?.value, context.audience)
  if (kind === 'ignored') return { status: 'ignored', type: String(type?.value) }

  if (kind === 'unknown' && type !== undefined) rejectType(notes, type)
  noteFindings(notes, input.scanned.findings)
  noteFindings(notes, context.envelopeContext?.findings ?? [])
  const plainTexts = readTexts(notes, fields)
  const merged = readContext(notes, input, fields, context)
  const { eventId, timestampMs } = readMoment(notes, fields, context, input)
  const properties = mapField(
    notes,
    takeField(notes, 'properties', present(fields, SENT_FIELDS.properties.names)),
  )
  const candidate: Candidate = {
    ...plainTexts,
    event_id: eventId,
    group_id: readGroupId(notes, fields, merged.fields, context),
    ...readPeople(notes, fields, context),
    timestamp: timestampMs,
    sent_at: readSentAt(notes, fields, context),
    received_at: context.receivedAt,
    properties: properties?.value ?? {},
    context: merged.value,
    extra: {},
    source: context.source,
  }
  const texts = {
    properties: properties?.text ?? '{}',
    context: merged.text,
    extra: readExtra(notes, { fields, kind }, context),
  }
  checkSizes(notes, input, { candidate, texts, merged }, context)
  return { status: 'candidate', input, candidate, texts, notes }
}

/** Fields that are taken as they are; what they may hold is the schema's to check. */
type Texts = { readonly [Name in NameOfKind<'text'>]: unknown }

const TEXT_NAMES = FIELD_NAMES.filter((name) => isOfKind(name, 'text'))

function readTexts(notes: Notes, fields: Fields): Texts {
  const texts: { -readonly [Name in keyof Texts]?: unknown } = {}
  for (const name of TEXT_NAMES) {
    const field = takeField(notes, name, present(fields, SENT_FIELDS[name].names))
    texts[name] = field?.value ?? null
  }
  return texts as Texts // each of its names was read
}

function unreadable(notes: Notes, { pointer, value }: EventInput): Normalised {
  reject(notes, 'event_not_object', pointer, {
    detail: 'an event must be a JSON object',
    expected: 'an object',
    got: describeValue(value),
  })
  return { status: 'rejected', problems: notes.problems }
}

/** Refused before any of its fields is looked at: hundreds of thousands fit into one body. */
function overfull(notes: Notes, input: EventInput, { rules }: NormaliseContext): Normalised {
  reject(notes, 'too_many_properties', input.pointer, {
    detail: 'the event has too many fields',
    expected: `at most ${rules.maxKeys} fields beside those of an event`,
    got: `${input.scanned.members.length} fields`,
  })
  return { status: 'rejected', problems: notes.problems }
}

/** What is counted of an event beside its JSON: what was sent as text. */
const STORED_TEXTS = FIELD_NAMES.filter((name) => STORED_AS[rowOf(name).kind] === 'text')

const FROM_SDKS: ReadonlySet<string> = new Set(SDK_NAMES)

/** Unknown fields and second values are kept, not dropped; likely typing mistakes are named. */
function readExtra(
  notes: Notes,
  { fields, kind }: { readonly fields: Fields; readonly kind: CallKind },
  { rules, audience }: NormaliseContext,
): string {
  const unknown = unknownFields(fields, kind)
  const told = audience === 'own' ? unknown : unknown.filter(({ name }) => !FROM_SDKS.has(name))
  for (const { name, pointer } of told.slice(0, MAX_WARNINGS)) {
    const meant = closestName(name, KNOWN_NAMES)
    const suggestion = meant === null ? {} : { suggestion: `did you mean ${meant}?` }
    notes.warnings.push({ code: 'unknown_field', pointer, ...suggestion })
  }
  const extra = [...unknown, ...notes.leftOver]
  const keyCount = keysOf(extra)
  const [first] = extra
  if (keyCount > rules.maxKeys && first !== undefined) {
    reject(notes, 'too_many_properties', first.pointer, {
      detail: `unknown fields hold ${keyCount} keys`,
      expected: `at most ${rules.maxKeys} keys`,
    })
  }
  return objectText(extra)
}

function checkSizes(
  notes: Notes,
  input: EventInput,
  made: { candidate: Candidate; texts: CandidateTexts; merged: MergedContext },
  { rules }: NormaliseContext,
): void {
  const { properties, context, extra } = made.texts
  const chars = properties.length + context.length + extra.length
  if (chars * MAX_BYTES_PER_CHAR <= rules.maxEventBytes) return
  const texts = STORED_TEXTS.map((name) => made.candidate[name])
  let bytes = 0
  for (const text of [properties, context, extra, ...texts]) {
    if (typeof text === 'string') bytes += Buffer.byteLength(text, 'utf8')
  }
  if (bytes <= rules.maxEventBytes) return
  reject(notes, 'event_too_large', input.pointer, {
    detail: 'the event is larger than one event may be',
    expected: `at most ${rules.maxEventBytes} bytes`,
    got: `${bytes} bytes`,
    suggestion: 'send less in properties, or keep large values elsewhere and send a reference',
  })
}

/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const MAX_BYTES_PER_CHAR = 3
