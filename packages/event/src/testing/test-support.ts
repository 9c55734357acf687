import { readEnvelopeContext } from '../normalise/account.ts'
import { isJsonObject } from '../contract/event.ts'
import { scanList, scanValue } from '../json/json-scan.ts'
import { normalise, type Normalised } from '../normalise/normalise.ts'
import type { NormaliseContext } from '../normalise/normalise-context.ts'
import { EVENT_RULES } from '../contract/rules.ts'
import { createEventIds } from '../normalise/uuid.ts'
import { createValidate, type Verdict } from '../validate/validate.ts'

/** 2024-01-01T00:00:00.000Z, the server's clock in tests. */
export const RECEIVED_AT = 1_704_067_200_000

const validate = createValidate()

export function contextWith(changes: Partial<NormaliseContext> = {}): NormaliseContext {
  return {
    receivedAt: RECEIVED_AT,
    source: 'web',
    audience: 'own',
    sentAt: null,
    idempotencyKey: null,
    envelopeContext: null,
    rules: EVENT_RULES,
    newEventId: createEventIds((bytes) => bytes.fill(7)),
    ...changes,
  }
}

/** Normalises a body that is one event. */
export function normaliseText(text: string, changes: Partial<NormaliseContext> = {}): Normalised {
  const value: unknown = JSON.parse(text)
  const input = { index: 0, pointer: '', value, text, scanned: scanValue(text, '') }
  return normalise(input, contextWith(changes))
}

/** Normalises and validates a body that is one event. */
export function judgeText(
  text: string,
  changes: Partial<NormaliseContext> = {},
): Verdict | { readonly status: 'ignored' } {
  const normalised = normaliseText(text, changes)
  return normalised.status === 'ignored' ? normalised : validate(normalised)
}

/** Normalises and validates the events of a `{"batch":[…]}` body. */
export function judgeBatch(
  text: string,
  changes: Partial<NormaliseContext> = {},
): readonly (Verdict | { readonly status: 'ignored' })[] {
  const body: unknown = JSON.parse(text)
  if (!isJsonObject(body) || !Array.isArray(body['batch'])) throw new Error('not a batch')
  const values: readonly unknown[] = body['batch']
  const { elements, envelope } = scanList(text, 'batch')
  const envelopeContext = readEnvelopeContext(body, text, envelope)
  return elements.map((scanned, index) => {
    const input = { index, pointer: `/batch/${index}`, value: values[index], text, scanned }
    const normalised = normalise(input, contextWith({ envelopeContext, ...changes }))
    return normalised.status === 'ignored' ? normalised : validate(normalised)
  })
}

/** A sound event with some fields replaced; `undefined` leaves one out. */
export function eventText(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    event: 'feature_used',
    group_id: 'account_456',
    user_id: 'user_789',
    timestamp: '2023-11-04T14:45:30.987Z',
    event_id: 'e-1',
    ...changes,
  })
}
