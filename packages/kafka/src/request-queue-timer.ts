import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

/** The part of kafkajs 2.2.4's request queue that this file depends on; a test pins it. */
export interface RequestQueueState {
  pending: readonly unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

/** kafkajs's own interval for looking at requests held back by its in-flight limit. */
const CHECK_PENDING_MS = 10

/**
 * Stops kafkajs from re-arming a timer for ever with a negative delay.
 *
 * Its request queue schedules the next look at `throttledUntil - now`, which is negative when the
 * broker does not throttle: a 1 ms timer for each connection, 2 to 4 % of an idle core, and a
 * TimeoutNegativeWarning on Node 24 (tulios/kafkajs issues 1556 and 1704). A look is needed only
 * while something is pending.
 */
export function fixRequestQueueTimer(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
}

function scheduleCheckPendingRequests(this: RequestQueueState): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  const throttledForMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledForMs > 0 ? throttledForMs : CHECK_PENDING_MS,
  )
}
