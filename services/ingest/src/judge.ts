import { setImmediate as yieldToOthers } from 'node:timers/promises'
import {
  createEventIds,
  createValidate,
  normalise,
  type NormaliseContext,
} from '@custom-events/event'
import type { Call } from './call.ts'
import type { IngestParts } from './parts.ts'
import type { IngestSettings } from './settings.ts'
import { forbidOtherAccounts, type Judged } from './verdicts.ts'

/** Normalises and validates every event of a request; touches nothing but the request. */
export type Judge = (call: Call) => Promise<readonly Judged[]>

/** Events judged between two turns of the event loop, so that a long list does not hold up others. */
const SLICE = 100

/** Makes the ids of a request's events that have none. */
type EventIds = (call: Call) => NormaliseContext['newEventId']

/**
 * The one judgement: what `/v1/validate` says is what `/track` does, and what a replay does.
 *
 * @param options.eventIds @default a new id each time
 */
export function createJudge({
  plans,
  rules,
  eventIds = newEventIds(),
}: Pick<IngestParts, 'plans'> &
  Pick<IngestSettings, 'rules'> & { readonly eventIds?: EventIds }): Judge {
  const validate = createValidate()
  return async (call) => {
    const context = { ...contextOf(call), rules, newEventId: eventIds(call) }
    const { current } = plans // the same for every event of a request
    const judged: Judged[] = []
    for (const input of call.envelope.events) {
      if (input.index > 0 && input.index % SLICE === 0) await yieldToOthers()
      const normalised = normalise(input, context)
      const verdict =
        normalised.status === 'ignored'
          ? normalised
          : current.check(normalised, validate(normalised))
      judged.push({ input, verdict })
    }
    return forbidOtherAccounts(judged, call.key)
  }
}

function newEventIds(): EventIds {
  const newEventId = createEventIds()
  return () => newEventId
}

/** What a request says beside its events. */
export function contextOf({
  headers,
  envelope,
  receivedAt,
  key,
}: Call): Omit<NormaliseContext, 'rules' | 'newEventId'> {
  const { sentat: sentAt, 'idempotency-key': idempotencyKey } = headers
  const isSent = typeof sentAt === 'string' && sentAt !== ''
  return {
    receivedAt,
    source: key.name,
    sentAt: envelope.sentAt ?? (isSent ? { value: sentAt, pointer: '' } : null),
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey || null : null,
    envelopeContext: envelope.context,
  }
}
