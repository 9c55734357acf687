/** The event loop, looked at when the headers of a request have been read. */
export interface LoopLook {
  readonly nowMs: number
  /** Which turn of the loop this is: what a turn finds was there when it began. */
  readonly turn: number
  /** For how long the loop has waited in its whole life, because there was nothing to do. */
  readonly idleMs: number
}
