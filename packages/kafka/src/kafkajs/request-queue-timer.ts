import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

/** The part of kafkajs 2.2.4's request queue that this file depends on; a test pins it. */
export interface RequestQueueState {
  pending: readonly unknown[]
  readonly inflight: ReadonlyMap<number, RequestState>
  readonly maxInFlightRequests: number | null
  readonly enforceRequestTimeout: boolean
  readonly requestTimeout: number
  /** By the clock that never jumps, since our methods set it and read it. */
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  requestTimeoutIntervalId: NodeJS.Timeout | null
  /** Ours: whether a SASL exchange has begun over this socket and not ended. */
  isExchanging?: boolean
  /** Ours: the connection that it is of. */
  line?: Line
  isConnected(): boolean
  checkPendingRequests(): void
  destroy(): void
}

interface Line {
  /** All that has come over its socket. */
  readonly bytesRead: number
  /** Closes it; whoever waits for an answer is told. */
  giveUp(): void
}

interface RequestState {
  readonly requestTimeout: number
  timeoutRequest(): void
}

/** kafkajs's own interval for looking at requests held back by its in-flight limit. */
const CHECK_PENDING_MS = 10
const CHECK_TIMEOUT_MS = 100

/**
 * Mends the timers of kafkajs's request queue.
 *
 * They go by the wall clock: after it was set back by a day, a request without an answer waited for a
 * day, and so did whatever a broker had throttled. Ours go by a clock that never jumps.
 *
 * Its request queue schedules the next look at `throttledUntil - now`, which is negative when the
 * broker does not throttle: a 1 ms timer for each connection, 2 to 4 % of an idle core, and a
 * TimeoutNegativeWarning on Node 24 (tulios/kafkajs issues 1556 and 1704). A look is needed only
 * while something is pending.
 *
 * A connection over which nothing has come while a request ran out of time is given up, see `keepConnectionsSound`.
 */
export function fixRequestQueueTimer(): void {
  Object.assign(RequestQueue.prototype, {
    scheduleCheckPendingRequests,
    scheduleRequestTimeoutCheck,
    canSendSocketRequestImmediately,
    maybeThrottle,
  })
}

/** Called when a socket is open. */
function scheduleRequestTimeoutCheck(this: RequestQueueState): void {
  this.isExchanging = false
  if (!this.enforceRequestTimeout) return
  this.destroy()
  const seen = new WeakMap<RequestState, { readonly at: number; readonly bytesRead: number }>()
  // After a pause of ours timers come before what was read meanwhile: so the next look decides.
  let silentSince: number | null = null
  const look = (): void => {
    const at = performance.now()
    const bytesRead = this.line?.bytesRead ?? 0
    if (silentSince === bytesRead) this.line?.giveUp()
    silentSince = null
    for (const request of this.inflight.values()) {
      const since = seen.get(request)
      if (since === undefined) seen.set(request, { at, bytesRead })
      else if (at - since.at > request.requestTimeout) {
        if (since.bytesRead === bytesRead) silentSince = bytesRead
        request.timeoutRequest()
      }
    }
    if (!this.isConnected()) this.destroy()
  }
  this.requestTimeoutIntervalId = setInterval(look, Math.min(this.requestTimeout, CHECK_TIMEOUT_MS))
}

function canSendSocketRequestImmediately(this: RequestQueueState): boolean {
  if (this.isExchanging === true) return false
  const most = this.maxInFlightRequests ?? Infinity
  return this.inflight.size < most && this.throttledUntil <= performance.now()
}

/** @param throttleMs undefined in the answers of old versions of the protocol. */
function maybeThrottle(this: RequestQueueState, throttleMs: number | null | undefined): void {
  if (typeof throttleMs !== 'number' || throttleMs <= 0) return
  this.throttledUntil = Math.max(this.throttledUntil, performance.now() + throttleMs)
}

function scheduleCheckPendingRequests(this: RequestQueueState): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  const throttledForMs = this.throttledUntil - performance.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledForMs > 0 ? throttledForMs : CHECK_PENDING_MS,
  )
}
