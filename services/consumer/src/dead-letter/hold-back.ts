import { haltFor } from '../insert/retry.ts'
import type { RetryLoop } from '../insert/retry-loop.ts'
import type { SetAside } from './set-aside.ts'

/**
 * Sets nothing aside: a dead letter of a key would hold the key, beside the events. A key that cannot be inserted
 * waits for a person.
 */
export function createHoldBack(retryLoop: Pick<RetryLoop, 'wait'>): SetAside {
  return async ({ topic }, refused) => {
    const [first] = refused
    const place = `${topic}/${first?.record.partition}@${first?.record.offset}`
    const error = new Error(
      `${refused.length} keys of sealed properties cannot be inserted, the first is ${place}: ` +
        `${first?.refusal.message}. Keys are never set aside: if a later release made them, start its consumer; ` +
        'see docs/runbook.md',
    )
    for (let attempt = 0; ; attempt++) {
      await retryLoop.wait(haltFor('row_refused', attempt, error))
    }
  }
}
