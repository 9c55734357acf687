import {
  isJsonObject,
  ownValue,
  readEnvelopeContext,
  scanValue,
  type NormaliseContext,
} from '@custom-events/event'

/** The fields of an envelope: what a request says beside its events, as far as it becomes part of them. */
export type EnvelopeFields = Pick<
  NormaliseContext,
  'envelopeContext' | 'sentAt' | 'idempotencyKey' | 'audience'
>

const NOTHING: EnvelopeFields = {
  envelopeContext: null,
  sentAt: null,
  idempotencyKey: null,
  audience: 'own',
}

/**
 * As JSON object text, so that a rejected event can be judged again by itself; `null` for nothing.
 * The context is the text that was sent; a `sentAt` that can be no time is left out.
 */
export function envelopeFieldsText(fields: EnvelopeFields): string | null {
  const { envelopeContext, sentAt, idempotencyKey, audience } = fields
  const members: string[] = []
  if (envelopeContext !== null) members.push(`"context":${envelopeContext.text}`)
  if (isTime(sentAt?.value)) members.push(`"sent_at":${JSON.stringify(sentAt?.value)}`)
  if (idempotencyKey !== null) members.push(`"idempotency_key":${JSON.stringify(idempotencyKey)}`)
  if (audience === 'sdk') members.push('"audience":"sdk"')
  return members.length === 0 ? null : `{${members.join(',')}}`
}

/** Anything else is no time, and may be as deep as its sender likes. */
function isTime(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** @param text what `envelopeFieldsText` returned. @throws {SyntaxError} when it is not JSON. */
export function readEnvelopeFields(text: string | null): EnvelopeFields {
  const value: unknown = JSON.parse(text ?? '{}')
  if (text === null || !isJsonObject(value)) return NOTHING
  const sentAt = ownValue(value, 'sent_at')
  const idempotencyKey = ownValue(value, 'idempotency_key')
  return {
    envelopeContext: readEnvelopeContext(value, text, scanValue(text, '')),
    sentAt: sentAt === undefined ? null : { value: sentAt, pointer: '' },
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : null,
    audience: ownValue(value, 'audience') === 'sdk' ? 'sdk' : 'own',
  }
}
