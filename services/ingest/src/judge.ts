import { setImmediate as yieldToOthers } from 'node:timers/promises'
import {
  createEventIds,
  createValidate,
  normalise,
  type NormaliseContext,
} from '@custom-events/event'
import type { Call } from './call.ts'
import type { IngestSettings } from './settings.ts'
import { forbidOtherAccounts, type Judged } from './verdicts.ts'

/** Normalises and validates every event of a request; touches nothing but the request. */
export type Judge = (call: Call) => Promise<readonly Judged[]>

/** Events judged between two turns of the event loop, so that a long list does not hold up others. */
const SLICE = 100

/** The one judgement: what `/v1/validate` says is what `/track` does. */
export function createJudge({ rules }: Pick<IngestSettings, 'rules'>): Judge {
  const validate = createValidate()
  const newEventId = createEventIds()
  return async (call) => {
    const context = { ...contextOf(call), rules, newEventId }
    const judged: Judged[] = []
    for (const input of call.envelope.events) {
      if (input.index > 0 && input.index % SLICE === 0) await yieldToOthers()
      const normalised = normalise(input, context)
      const verdict = normalised.status === 'ignored' ? normalised : validate(normalised)
      judged.push({ input, verdict })
    }
    return forbidOtherAccounts(judged, call.key)
  }
}

function contextOf({
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
