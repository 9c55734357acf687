import { isDeepStrictEqual } from 'node:util'
import type { Answer } from './client.ts'
import type { ExpectedRow, Input } from './input.ts'
import { faultsOfLaw } from '../support/law.ts'

/** P1: what may be answered at all. */
const STATUSES = new Set([
  200, 204, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 429, 431, 503,
])

/** P5: words of stacks and libraries; none of our own answers holds one. */
const INTERNALS =
  /node_modules|node:internal|\.ts:\d|SyntaxError|TypeError|RangeError|Unexpected (?:token|end)|incorrect (?:header|data) check|Z_DATA_ERROR|ERR_[A-Z]{3}|must NOT have|instancePath|kafkajs/

/** One event of a request that was kept, and where its record lies. */
export interface KeptEvent {
  readonly input: Input
  readonly index: number
  readonly eventId: string
  readonly partition: number
  readonly offset: string
}

interface AnswerBody {
  readonly success?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly error?: unknown
  readonly results?: readonly {
    readonly index: number
    readonly status: string
    readonly event_id?: string
    readonly receipt?: { readonly partition: number; readonly offset: string }
  }[]
}

/** The code that an answer gives, for the table of the report. */
export function codeOf({ status, text, failure }: Answer): string {
  if (failure !== null) return failure
  const code = /"code":"(\w+)"/.exec(text)?.[1]
  return code === undefined ? String(status) : `${status} ${code}`
}

/** What is wrong with an answer, whatever was sent: P1, P5 and the contract's law of answers. */
export function faultsOfAnswer(answer: Answer): readonly string[] {
  const { status, headers, text, failure } = answer
  if (failure !== null) return [`no answer: ${failure}`]
  if (!STATUSES.has(status)) return [`status ${status}`]
  if (INTERNALS.test(text)) return [`internals in the answer: ${text.slice(0, 300)}`]
  if (text === '') return []
  return faultsOfLaw({ method: 'POST', status, headers, text })
}

/** Whether the request met the fate it had to. */
export function faultsOfVerdict(input: Input, answer: Answer): readonly string[] {
  if (answer.failure !== null || input.verdict === 'any') return []
  const isKept = answer.status === 200
  if (isKept !== (input.verdict === 'accepted')) {
    return [`must be ${input.verdict}, was ${answer.status} ${answer.text.slice(0, 300)}`]
  }
  const { isEventAccepted = () => true } = input
  const results = isKept ? (parsed(answer.text).results ?? []) : []
  return results
    .filter(({ index, status }) => (status === 'accepted') !== isEventAccepted(index))
    .map(({ index, status }) => `event ${index} was ${status}`)
}

/** The events that an answer calls accepted. */
export function keptEvents(input: Input, answer: Answer): readonly KeptEvent[] {
  if (answer.status !== 200) return []
  return (parsed(answer.text).results ?? []).flatMap(({ index, event_id: eventId, receipt }) =>
    eventId === undefined || receipt === undefined ? [] : [{ input, index, eventId, ...receipt }],
  )
}

/** The body of an answer of ours; other shapes are found by the checks above. */
function parsed(text: string): AnswerBody {
  try {
    return JSON.parse(text) as AnswerBody
  } catch {
    return {}
  }
}

/** A row as ClickHouse gives it back; texts are the bytes that are stored. */
export type StoredRow = Required<ExpectedRow>

/** P2 and P4: how a row differs from what was sent. */
export function faultsOfRow({ input, index }: KeptEvent, row: StoredRow): readonly string[] {
  const expected = input.rows?.[index]
  if (expected !== undefined) {
    return Object.entries(expected).flatMap(([column, value]) => {
      const stored = row[column as keyof StoredRow] // the keys of ExpectedRow
      return stored === value ? [] : [`${column} is ${show(stored)}, sent ${show(value)}`]
    })
  }
  return faultsOfDocument(input.document ?? input.body, index, row)
}

/** By `JSON.parse`, for bodies that only chance made: whatever was named must be what is stored. */
function faultsOfDocument(document: Buffer, index: number, row: StoredRow): readonly string[] {
  const body: unknown = JSON.parse(document.toString('utf8').replace(/^\ufeff/, ''))
  const event: unknown = Array.isArray(body) ? body[index] : body
  if (typeof event !== 'object' || event === null) return ['accepted, but not an object']
  const sent = event as Readonly<Record<string, unknown>> // an object has string keys
  const faults: string[] = []
  for (const name of ['event', 'group_id', 'user_id', 'anonymous_id', 'event_id'] as const) {
    const value = sent[name] === '' ? null : (sent[name] ?? null) // an empty id counts as absent
    const id = typeof value === 'string' ? value : JSON.stringify(value)
    if (value !== null && id !== row[name]) faults.push(`${name} is ${show(row[name])}`)
  }
  for (const name of ['properties', 'context'] as const) {
    const map = isDeepStrictEqual(sent[name], []) ? {} : (sent[name] ?? {}) // PHP's empty map
    const isSame = isDeepStrictEqual(JSON.parse(row[name]), map)
    if (!isSame) faults.push(`${name} is ${show(row[name])}`)
  }
  return faults
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 200)
}
