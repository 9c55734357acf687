import { createEventIds, FastEvent, NO_PLAN_SET } from '@custom-events/event'
import { readEnvelope } from '../../services/ingest/src/request/envelope.ts'
import { createJudge } from '../../services/ingest/src/track/judge.ts'
import { ingestSettings } from '../../services/ingest/src/settings.ts'
import { TOPICS } from '../../services/ingest/src/testing/test-support.ts'
import { ANYBODY } from '../../services/ingest/src/auth/write-keys.ts'
import type { Exchange } from './witness.ts'

const settings = ingestSettings(TOPICS, 12)
const judge = createJudge({
  ...settings,
  plans: { current: NO_PLAN_SET },
  eventIds: () => createEventIds(),
  hasFastPath: true,
})

/** How the accepted events of what an SDK sent were judged. */
export interface FastPathCount {
  /** Where they lie in the bytes of the body. */
  readonly onFastPath: number
  readonly onReferencePath: number
}

/** Judges the bodies of an SDK once more, as ingest does. */
export async function countFastPath(exchanges: readonly Exchange[]): Promise<FastPathCount> {
  const count = { onFastPath: 0, onReferencePath: 0 }
  for (const { method, body } of exchanges) {
    if (method !== 'POST') continue
    const call = {
      requestId: 'r',
      key: ANYBODY,
      audience: 'sdk' as const,
      receivedAt: Date.now(),
      isStrict: false,
      headers: {},
      envelope: readEnvelope(body, undefined, settings.limits),
    }
    for (const { verdict } of await judge(call)) {
      if (verdict.status !== 'accepted') continue
      count[verdict.event instanceof FastEvent ? 'onFastPath' : 'onReferencePath'] += 1
    }
  }
  return count
}
