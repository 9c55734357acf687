import {
  END_OF_BODY,
  hintOfFormat,
  MAX_EVENT_KEYS,
  MAX_NESTING,
  tooDeepAt,
  type EnvelopeContext,
  type Member,
} from '@custom-events/event'
import type { EnvelopeLimits } from './envelope-parts.ts'
import { syntaxFaultOf } from './unreadable.ts'
import { Refusal } from '../response/refusal.ts'

export function notUtf8(body: Buffer): Refusal {
  const detail = `the body holds bytes that are not UTF-8${hintOfFormat(body)}`
  return new Refusal('invalid_utf8', detail)
}

export function blankBody(): Refusal {
  return new Refusal('empty_body', 'the body holds nothing but white space')
}

/**
 * Before anything is parsed: what is nested a million times would take a second of everybody's time.
 *
 * @param firstLine the number of the line that the text begins with.
 * @throws {Refusal}
 */
export function refuseTooDeep(text: string, firstLine: number): void {
  const at = tooDeepAt(text)
  if (at === -1) return
  const before = text.slice(0, at)
  const line = firstLine + before.split('\n').length - 1
  const column = at - before.lastIndexOf('\n')
  const detail = `line ${line}, column ${column}: nested more than ${MAX_NESTING} times`
  throw new Refusal('invalid_json', detail)
}

export function overfullEnvelope(): Refusal {
  return new Refusal(
    'invalid_envelope',
    `more than ${MAX_EVENT_KEYS} keys are beside the list of events`,
  )
}

/** @param text which is no JSON. */
export function noDocument(text: string, cause?: unknown): Refusal {
  const { at, expected, detail } = syntaxFaultOf(text)
  const isAnother = expected === END_OF_BODY && text.charAt(at) === '{'
  const hint = isAnother ? SEVERAL : hintOfFormat(Buffer.from(text.slice(0, 64)))
  return new Refusal('invalid_json', `${detail}${hint}`, { cause })
}

const SEVERAL =
  '; send several events as a list, or one a line with Content-Type: application/x-ndjson'

export function noObject(value: unknown): Refusal {
  const isTwice = typeof value === 'string' && /^[[{]/.test(value)
  const hint = isTwice ? '; it is a string that holds JSON: it was encoded twice' : ''
  const detail = `the body must be a JSON object or an array of objects${hint}`
  return new Refusal('invalid_envelope', detail)
}

export function twoLists(): Refusal {
  return new Refusal('invalid_envelope', 'the body has both "batch" and "events"; send one list')
}

/** @throws {Refusal} */
export function refuseCount(count: number, { maxEvents }: EnvelopeLimits): void {
  if (count === 0) throw new Refusal('empty_batch', 'the list holds no event')
  if (count <= maxEvents) return
  throw new Refusal('too_many_events', `more than ${maxEvents} events in one request`)
}

/**
 * Not from what the scanner found, of which it keeps only the first: junk would hide a second list.
 *
 * @throws {Refusal}
 */
export function refuseDoubled(members: readonly Member[]): void {
  const seen = new Set<string>()
  const twice = members.find(({ key }) => seen.size === seen.add(key).size)
  if (twice === undefined) return
  throw new Refusal('invalid_envelope', `the key ${JSON.stringify(twice.key)} is there twice`)
}

/**
 * Every event is stored with the whole context: a body within its limit could become gigabytes.
 *
 * @throws {Refusal}
 */
export function refuseRepeated(
  context: EnvelopeContext | null,
  count: number,
  limits: EnvelopeLimits,
): void {
  const bytes = Buffer.byteLength(context?.text ?? '') * count
  if (bytes <= limits.maxRepeatedContextBytes) return
  throw new Refusal(
    'body_too_large',
    `the context beside the list would be ${bytes} bytes in its ${count} events; at most ${limits.maxRepeatedContextBytes}`,
  )
}
