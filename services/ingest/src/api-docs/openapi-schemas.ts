import {
  EVENT_CODES,
  EVENT_FIELDS,
  IGNORED_CODES,
  eventSchema,
  FIELD_NAMES,
  MAX_PROBLEMS,
  REQUEST_CODES,
  SENT_FIELDS,
  WAIT_CODES,
  WARNING_CODES,
  type CodeRow,
  type FieldName,
  type JsonSchema as Schema,
} from '@custom-events/event'
import { INGEST_LIMITS } from '../limits.ts'

export type { Schema }

type Codes = Readonly<Record<string, CodeRow>>

/** The schemas of `/openapi.json`; those of the event and of the codes come from their own sources. */
export function openApiSchemas(): Readonly<Record<string, Schema>> {
  return {
    Event: sentEvent(),
    Events: sentEvents(),
    NormalisedEvent: normalisedEvent(),
    StoredEvent: storedEvent(),
    Kept: keptOrWaited(),
    DryRun: kept('DryRunResult', { dry_run: { const: true } }),
    ...resultSchemas(),
    EventError: exact(
      {
        pointer: { type: 'string', description: 'RFC 6901, into the body as sent.' },
        code: codeSchema(EVENT_CODES),
        detail: TEXT,
        expected: { type: ['string', 'null'] },
        got: { type: ['string', 'null'], description: 'The type and at most 64 characters.' },
        suggestion: TEXT,
      },
      [],
    ),
    Warning: exact(
      { pointer: TEXT, code: codeSchema(WARNING_CODES), detail: TEXT, suggestion: TEXT },
      ['detail', 'suggestion'],
    ),
    Problem: problem(),
    SdkSettings: exact(
      { success: { const: true }, integrations: { type: 'object' }, metrics: { type: 'object' } },
      [],
    ),
    SourceConfig: exact({ success: { const: true }, source: { type: 'object' } }, []),
  }
}

/** The body of a refusal with this status: only codes of that status. */
export function problemWithStatus(status: number): Schema {
  const codes = Object.entries<{ readonly status: number } & CodeRow>(REQUEST_CODES).filter(
    ([, row]) => row.status === status,
  )
  const code = codeSchema(Object.fromEntries(codes))
  return { allOf: [ref('Problem'), { properties: { status: { const: status }, code } }] }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

const TEXT = { type: 'string' }
const COUNT = { type: 'integer', minimum: 0 }

/** An object with these members and no others. */
function exact(properties: Schema, optional: readonly string[]): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

/** A code of a table, with the table's own words. */
function codeSchema(codes: Codes): Schema {
  const lines = Object.entries(codes).map(
    ([code, { title, fix }]) => `* \`${code}\`: ${title}. ${fix}`,
  )
  return { type: 'string', enum: Object.keys(codes), description: lines.join('\n') }
}

/** An event as a producer sends it: the parts of a normalised one, each under all of its names. */
function sentEvent(): Schema {
  const named = FIELD_NAMES.flatMap((field) => {
    return SENT_FIELDS[field].names.map((name, index): [string, Schema] => [
      name,
      index === 0
        ? sentField(field)
        : { ...sentField(field), description: `Another name for \`${field}\`.` },
    ])
  })
  return {
    type: 'object',
    description:
      'Required are a name, an account (here or in `context`) and a user. `null` counts as absent. ' +
      'Whatever else is there is kept as `extra`, with a warning.',
    properties: Object.fromEntries(named),
    additionalProperties: true,
    examples: [EXAMPLE_EVENT],
  }
}

/** What a sent event is named by in examples. */
export const EXAMPLE_EVENT = {
  event: 'subscription_upgraded',
  event_id: 'upgrade-1',
  user_id: 'user_456',
  group_id: 'account_789',
  timestamp: '2023-11-03T10:15:20.123Z',
  properties: { email: 'AliceW@example.com', plan: 'pro' },
}

function sentField(name: FieldName): Schema {
  const { kind, about } = SENT_FIELDS[name]
  const schema = { ...eventSchema.properties[name] }
  switch (kind) {
    case 'account':
    case 'person':
    case 'event_id':
      return { ...schema, type: ['string', 'integer', 'null'] }
    case 'timestamp':
    case 'sent_at':
      return sentTime(about)
    case 'text':
    case 'object':
      return schema
  }
}

function sentTime(description: string): Schema {
  return {
    type: ['string', 'number', 'null'],
    description: `${description} RFC 3339, best with milliseconds and Z.`,
    examples: [EXAMPLE_EVENT.timestamp],
  }
}

function sentEvents(): Schema {
  const list = {
    type: 'array',
    items: ref('Event'),
    minItems: 1,
    maxItems: INGEST_LIMITS.maxEvents,
  }
  const envelope = (name: string) => ({
    type: 'object',
    required: [name],
    properties: { [name]: list, sentAt: TEXT, context: { type: 'object' }, writeKey: TEXT },
  })
  return { anyOf: [ref('Event'), list, envelope('events'), envelope('batch')] }
}

/** `schemas/event.schema.json` itself; an id of its own would take it out of this document. */
function normalisedEvent(): Schema {
  const { $schema: _, $id: __, ...schema } = eventSchema
  return schema
}

/** The row an event would become: times as text, open parts as the JSON text that is stored. */
function storedEvent(): Schema {
  const types = {
    time: { type: 'string', format: 'date-time' },
    json: { type: 'string', contentMediaType: 'application/json' },
  }
  const stored = EVENT_FIELDS.map((field): [string, unknown] => {
    if (field.stored === 'text') return [field.name, eventSchema.properties[field.name]]
    const type = types[field.stored]
    return [field.name, field.isOptional ? { ...type, type: [type.type, 'null'] } : type]
  })
  return exact(Object.fromEntries(stored), [])
}

/** The answer when events were accepted; `code` is there when others were rejected. */
function kept(result: string, more: Schema, optional: readonly string[] = []): Schema {
  return exact(
    {
      success: { type: 'boolean', description: '`false` when some events were rejected.' },
      code: { const: 'partial_rejection' },
      message: TEXT,
      request_id: TEXT,
      event_id: { type: 'string', description: 'Of the only event.' },
      received: COUNT,
      accepted: COUNT,
      rejected: COUNT,
      ignored: COUNT,
      results: { type: 'array', items: ref(result) },
      ...more,
    },
    ['code', 'event_id', ...optional],
  )
}

/** `queryable` is there when it was asked for. */
function keptOrWaited(): Schema {
  const warning = exact({ code: codeSchema(WAIT_CODES), detail: TEXT }, [])
  const waited = {
    queryable: { type: 'boolean', description: 'Only with `?wait=queryable`.' },
    warnings: { type: 'array', items: warning, description: 'Why `queryable` is false.' },
  }
  return kept('Result', waited, ['queryable', 'warnings'])
}

function resultSchemas(): Readonly<Record<string, Schema>> {
  const warnings = { type: 'array', minItems: 1, items: ref('Warning') }
  const accepted = { index: COUNT, status: { const: 'accepted' }, event_id: TEXT, warnings }
  const receipt = exact({ topic: TEXT, partition: COUNT, offset: TEXT }, [])
  const errors = { type: 'array', minItems: 1, maxItems: MAX_PROBLEMS, items: ref('EventError') }
  const others = [ref('RejectedResult'), ref('RetryResult'), ref('IgnoredResult')]
  return {
    Result: { oneOf: [ref('AcceptedResult'), ...others] },
    DryRunResult: { oneOf: [ref('PreviewResult'), ...others] },
    AcceptedResult: exact({ ...accepted, receipt }, ['warnings', 'receipt']),
    PreviewResult: exact({ ...accepted, partition: COUNT, event: ref('StoredEvent') }, [
      'warnings',
    ]),
    RejectedResult: exact({ index: COUNT, status: { const: 'rejected' }, errors, warnings }, [
      'warnings',
    ]),
    RetryResult: {
      ...exact({ index: COUNT, status: { const: 'retry' }, event_id: TEXT }, []),
      description: 'Not durable: send it again.',
    },
    IgnoredResult: exact(
      {
        index: COUNT,
        status: { const: 'ignored' },
        reason: exact({ code: codeSchema(IGNORED_CODES), detail: TEXT }, []),
      },
      [],
    ),
  }
}

/** RFC 9457, and what SDKs look for. */
function problem(): Schema {
  return exact(
    {
      type: { type: 'string', format: 'uri' },
      title: TEXT,
      status: { type: 'integer' },
      detail: TEXT,
      instance: { type: 'string', format: 'uri' },
      success: { const: false },
      code: { type: 'string', enum: Object.keys(REQUEST_CODES) },
      message: TEXT,
      error: TEXT,
      request_id: TEXT,
      received: COUNT,
      accepted: COUNT,
      rejected: COUNT,
      ignored: COUNT,
      retry: COUNT,
      results: { type: 'array', items: ref('Result') },
    },
    [],
  )
}
